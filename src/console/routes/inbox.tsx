/** The pages of the inbox. */
import { timingSafeEqual } from "node:crypto";
import { type Context, Hono } from "hono";
import { answerPage } from "../answer.tsx";
import { scriptHref } from "../assets.ts";
import type { Desk } from "../desk.ts";
import { InboxListPage } from "../pages/inbox-list.tsx";
import { InboxMailPage, type MailView, mailViews } from "../pages/inbox-mail.tsx";
import { MessagePage } from "../pages/message.tsx";
import { paths } from "../paths.ts";
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
    if (!(await sentFromHere(c, desk))) {
      const view = viewOf(c, desk);
      const { title, text } = view.t.refusedForm;
      return answerPage(c, view, { title, body: <MessagePage title={title} text={text} />, status: 403 });
    }
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

/** Whether a form comes from one of our own pages: by what the browser says of the sender, and by the token. */
async function sentFromHere(c: Context, desk: Desk): Promise<boolean> {
  const fetchSite = c.req.header("sec-fetch-site");
  const origin = c.req.header("origin");
  if (fetchSite !== undefined && fetchSite !== "same-origin" && fetchSite !== "none") return false;
  if (fetchSite === undefined && origin !== undefined && origin !== new URL(c.req.url).origin) return false;
  const given = Buffer.from(new URLSearchParams(await c.req.text()).get("token") ?? "");
  const right = Buffer.from(desk.formToken);
  return given.length === right.length && timingSafeEqual(given, right);
}
