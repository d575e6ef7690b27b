/** Lets a form through only when one of our own pages sent it. */
import type { Context, MiddlewareHandler } from "hono";
import { answerPage } from "./answer.tsx";
import { FORM_TOKEN_FIELD, formTokenFits } from "./form-token.ts";
import { isOneClick, readForm } from "./form.ts";
import { MessagePage } from "./pages/message.tsx";
import { holdsToken, paths } from "./paths.ts";
import type { Site } from "./site.ts";
import { viewOf } from "./view.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Answers 403 to any request that could change something and has not both a good origin and a good token. */
export function formGuard(site: Site): MiddlewareHandler {
  return async (c, next) => {
    if (SAFE_METHODS.has(c.req.method)) return next();
    // RFC 8058, section 3.2: a mail provider posts this, from anywhere and without a cookie; the token in the address is its right.
    if (c.req.path.startsWith(paths.unsubscribe) && (await isOneClick(c))) return next();
    const token = (await readForm(c)).get(FORM_TOKEN_FIELD) ?? "";
    if (sentFromHere(c, site) && formTokenFits(c, site, token)) return next();
    site.logger.log("warn", "web.form-refused", { method: c.req.method, sameOrigin: sentFromHere(c, site) });
    const view = viewOf(c, site);
    const { title, text, retry } = view.t.staleForm;
    const body = <MessagePage title={title} text={text} link={{ href: c.req.path, label: retry }} />;
    return answerPage(c, view, { title, status: 403, body });
  };
}

/**
 * What the browser says of the sender. A browser that says nothing leaves the decision to the token.
 *
 * A page whose address holds a token asks for no referrer, which makes browsers send its form with `Origin: null`; where they do not
 * also send Sec-Fetch-Site (plain http on a local network, older ones) that answer is taken as nothing said.
 */
function sentFromHere(c: Context, site: Site): boolean {
  const fetchSite = c.req.header("sec-fetch-site");
  if (fetchSite !== undefined) return fetchSite === "same-origin" || fetchSite === "none";
  const origin = c.req.header("origin");
  if (origin === undefined) return true;
  if (origin === "null") return holdsToken(c.req.path);
  return origin === site.origin || origin === new URL(c.req.url).origin;
}
