/** The pages of the outbox. */
import { Hono } from "hono";
import { answerPage } from "../answer.tsx";
import type { Desk } from "../desk.ts";
import { OutboxListPage } from "../pages/outbox-list.tsx";
import { OutboxMessagePage } from "../pages/outbox-message.tsx";
import { paths } from "../paths.ts";
import { viewOf } from "../view.ts";

const LIST_LIMIT = 200;

export function outboxRoutes(desk: Desk): Hono {
  const routes = new Hono();

  routes.get(paths.outbox, async (c) => {
    const view = viewOf(c, desk);
    const messages = await desk.outbox.list({ limit: LIST_LIMIT });
    return answerPage(c, view, {
      title: view.t.outbox.title,
      body: <OutboxListPage view={view} messages={messages} />,
    });
  });

  routes.get(`${paths.outbox}/:id`, async (c) => {
    const message = await desk.outbox.get(c.req.param("id"));
    if (message === undefined) return c.notFound();
    const view = viewOf(c, desk);
    const title = message.subject || view.t.inbox.noSubject;
    return answerPage(c, view, { title, body: <OutboxMessagePage view={view} message={message} /> });
  });

  return routes;
}
