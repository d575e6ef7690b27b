/** The pages of the outbox, and what their buttons do. */
import { type Context, Hono } from "hono";
import { type OutboxMessage, OutboxError } from "../../outbox/index.ts";
import { answerPage, answerRefusedForm } from "../answer.tsx";
import { type Desk, type Forecast, foretold, scopesToShow } from "../desk.ts";
import { fullTime } from "../format.ts";
import { actionNamed, perform } from "../outbox-actions.ts";
import { listPage, outboxQueryOf } from "../outbox-query.ts";
import { MessagePage } from "../pages/message.tsx";
import { OutboxListPage } from "../pages/outbox-list.tsx";
import { OutboxMessagePage } from "../pages/outbox-message.tsx";
import { outboxPath, paths } from "../paths.ts";
import { formOf } from "../sent-from-here.ts";
import { inLanguage, type View, viewOf } from "../view.ts";

const PAGE_LENGTH = 50;

export function outboxRoutes(desk: Desk): Hono {
  const routes = new Hono();

  routes.get(paths.outbox, async (c) => {
    const view = viewOf(c, desk);
    const query = outboxQueryOf((name) => c.req.query(name));
    const [page, health, scopes] = await Promise.all([
      listPage(desk.outbox, query, PAGE_LENGTH),
      desk.outbox.health(),
      desk.insight.scopes?.() ?? [],
    ]);
    const shown = scopesToShow(scopes, view.now);
    const body = <OutboxListPage view={view} query={query} page={page} health={health} {...shown} />;
    return answerPage(c, view, { title: view.t.outbox.title, body });
  });

  routes.get(`${paths.outbox}/:id`, async (c) => {
    const message = await desk.outbox.get(c.req.param("id"));
    return message === undefined ? c.notFound() : answerMessage(c, desk, message);
  });

  routes.post(`${paths.outbox}/:id/:action`, async (c) => {
    const view = viewOf(c, desk);
    if ((await formOf(c, desk)) === undefined) return answerRefusedForm(c, view);
    const { id, action: name } = c.req.param();
    const action = actionNamed(name);
    if (action === undefined || (await desk.outbox.get(id)) === undefined) return c.notFound();
    try {
      const changed = await perform(desk.outbox, id, action);
      return c.redirect(`${outboxPath(id)}?done=${changed ? action : "nothing"}`, 303);
    } catch (error) {
      if (!(error instanceof OutboxError)) throw error;
      const title = view.t.outbox.done.nothing;
      return answerPage(c, view, { title, body: <MessagePage title={title} text={error.message} />, status: 409 });
    }
  });

  return routes;
}

async function answerMessage(c: Context, desk: Desk, message: OutboxMessage): Promise<Response> {
  const view = viewOf(c, desk);
  const done = c.req.query("done") ?? "";
  const [forecast, reports] = await Promise.all([
    message.nextAttemptAt === undefined ? undefined : desk.insight.forecast?.(message.id),
    desk.insight.reports?.(message.id) ?? [],
  ]);
  const body = (
    <OutboxMessagePage
      view={view}
      message={foretold(message, forecast)}
      formToken={desk.formToken}
      outlook={outlookOf(view, message, forecast)}
      reports={reports}
      done={done === "nothing" ? done : actionNamed(done)}
    />
  );
  return answerPage(c, view, { title: message.subject || view.t.inbox.noSubject, body });
}

/** When it will leave and why it waits: by the limits where they are known, else by what the message itself says. */
function outlookOf(view: View, { nextAttemptAt, wait }: OutboxMessage, forecast: Forecast | undefined): string {
  if (forecast !== undefined) return withReadableTimes(inLanguage(view, forecast.text), view);
  if (nextAttemptAt === undefined || wait === undefined) return "";
  return inLanguage(view, { en: wait.detail, zh: wait.zh ?? wait.detail });
}

/** The limits write times as programs do. */
function withReadableTimes(text: string, { locale }: View): string {
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, (time) => fullTime(Date.parse(time), locale));
}
