/** GET and POST `/user/unsubscribe/:token`: the link only shows, the button or a mail provider's one click acts (RFC 8058). */
import { type Context, Hono } from "hono";
import { answerPage, setHeaders } from "../answer.tsx";
import { FORM_TOKEN_FIELD, issueFormToken } from "../form-token.ts";
import { isOneClick, readForm } from "../form.ts";
import { MessagePage } from "../pages/message.tsx";
import { BACK_FIELD, UnsubscribePage, type UnsubscribeStep } from "../pages/unsubscribe.tsx";
import { paths } from "../paths.ts";
import type { Site, WebUnsubscribe } from "../site.ts";
import type { UnsubscribeClaim } from "../unsubscribe-links.ts";
import { viewOf } from "../view.ts";

/** Whatever follows the path is the token: a mangled one may hold a slash, or be gone. */
const route = `${paths.unsubscribe}:token{.*}` as const;

export function unsubscribeRoutes(site: Site, { links, unsubscribe, resubscribe }: WebUnsubscribe): Hono {
  const routes = new Hono();

  routes.get(route, (c) => {
    const claim = links.read(c.req.param("token") ?? "");
    return claim === undefined ? answerInvalid(c, site) : answerStep(c, site, claim, "ask");
  });

  routes.post(route, async (c) => {
    const claim = links.read(c.req.param("token") ?? "");
    if (claim === undefined) return answerInvalid(c, site);
    const form = await readForm(c);
    if (await isOneClick(c)) {
      await unsubscribe(claim);
      return form.has(FORM_TOKEN_FIELD) ? answerStep(c, site, claim, "done") : answerProvider(c);
    }
    if (!form.has(BACK_FIELD)) return answerStep(c, site, claim, "ask");
    await resubscribe(claim);
    return answerStep(c, site, claim, "back");
  });

  return routes;
}

function answerStep(c: Context, site: Site, claim: UnsubscribeClaim, step: UnsubscribeStep): Promise<Response> {
  const view = viewOf(c, site);
  const t = view.t.unsubscribe;
  const title = { ask: t.title, done: t.doneTitle, back: t.backTitle }[step];
  const token = issueFormToken(c, site);
  const body = <UnsubscribePage view={view} token={token} action={c.req.path} claim={claim} step={step} />;
  return answerPage(c, view, { title, body });
}

/** A mail provider reads nothing but the status. */
function answerProvider(c: Context): Response {
  setHeaders(c);
  return c.text("Unsubscribed.\n");
}

function answerInvalid(c: Context, site: Site): Promise<Response> {
  const view = viewOf(c, site);
  const { invalidTitle: title, invalid: text } = view.t.unsubscribe;
  const body = <MessagePage title={title} text={text} link={{ href: paths.home, label: view.t.actions.home }} />;
  return answerPage(c, view, { title, body, status: 404 });
}
