/** The pages of the inbox. */
import { Hono } from "hono";
import { answerPage, answerRefusedForm } from "../answer.tsx";
import { scriptHref } from "../assets.ts";
import type { Desk } from "../desk.ts";
import { InboxListPage } from "../pages/inbox-list.tsx";
import { InboxMailPage, type MailView, mailViews } from "../pages/inbox-mail.tsx";
import { paths } from "../paths.ts";
import { formOf } from "../sent-from-here.ts";
import { viewOf } from "../view.ts";

/** A page holds no more than this many mails. */
const LIST_LIMIT = 200;

export function inboxRoutes(desk: Desk): Hono {
  const routes = new Hono();

  routes.get(paths.inbox, async (c) => {
    const view = viewOf(c, desk);
    const mails = await desk.inbox.list({ limit: LIST_LIMIT });
    const { formToken, smtpAddress } = desk;
    const isCut = mails.length === LIST_LIMIT;
    const body = (
      <InboxListPage view={view} mails={mails} isCut={isCut} formToken={formToken} smtpAddress={smtpAddress} />
    );
    return answerPage(c, view, { title: view.t.inbox.title, body, script: scriptHref });
  });

  routes.post(paths.clear, async (c) => {
    if ((await formOf(c, desk)) === undefined) return answerRefusedForm(c, viewOf(c, desk));
    await desk.inbox.clear();
    return c.redirect(paths.inbox, 303);
  });

  routes.get(`${paths.inbox}/:id`, async (c) => {
    const mail = await desk.inbox.get(c.req.param("id"));
    if (mail === undefined) return c.notFound();
    const view = viewOf(c, desk);
    const shown = shownView(c.req.query("view")) ?? (mail.html === "" ? "text" : "html");
    const title = mail.subject || view.t.inbox.noSubject;
    return answerPage(c, view, { title, body: <InboxMailPage view={view} mail={mail} shown={shown} /> });
  });

  return routes;
}

function shownView(query: string | undefined): MailView | undefined {
  return mailViews.find((view) => view === query);
}
