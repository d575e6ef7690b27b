/** Puts the account pages together: what guards them, the routes, and the answers when nothing else fits. */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { methodNotAllowed } from "hono/method-not-allowed";
import { routePath } from "hono/route";
import { describeError } from "../base/index.ts";
import { answerPage } from "./answer.tsx";
import { assetRoutes } from "./assets.ts";
import { formGuard } from "./form-guard.tsx";
import { rememberLanguage } from "./language.ts";
import { MessagePage } from "./pages/message.tsx";
import { paths } from "./paths.ts";
import { activateRoutes } from "./routes/activate.tsx";
import { homeRoutes } from "./routes/home.tsx";
import { loginRoutes } from "./routes/login.tsx";
import { registerRoutes } from "./routes/register.tsx";
import { resendRoutes } from "./routes/resend.tsx";
import { unsubscribeRoutes } from "./routes/unsubscribe.tsx";
import { type Site, siteOf, type WebOptions } from "./site.ts";
import { viewOf } from "./view.ts";

/** No form of ours comes near this many bytes. */
const MAX_FORM_BYTES = 64 * 1024;

/**
 * The account pages as a Hono application: register, activate, have the mail sent again, log in, log out.
 *
 * It answers `/`, `/user/*` and `/waxseal-assets/*`, and any other address with a page that says there is nothing.
 * Mount further parts on it with `web.route("/", other)`; what guards these pages does not touch theirs.
 *
 * @returns A Hono application; `web.fetch` is the handler for `serveNode` or any other server that speaks fetch.
 * @throws WebError `WX_WEB_OPTIONS` when the key is empty or the address is not an http(s) URL.
 *
 * @example
 * const web = createWeb({ accounts, secretKey, siteUrl: "https://example.com" });
 * await serveNode({ fetch: web.fetch, host: "127.0.0.1", port: 8025 });
 */
export function createWeb(options: WebOptions): Hono {
  const site = siteOf(options);
  const web = new Hono();
  const tooLarge = bodyLimit({ maxSize: MAX_FORM_BYTES, onError: (c) => answerError(c, site, "tooLarge") });
  const wrongMethod = methodNotAllowed({
    app: web,
    onMethodNotAllowed: (c, methods) => {
      c.header("Allow", methods.join(", "));
      return answerError(c, site, "wrongMethod");
    },
  });
  for (const area of [paths.home, "/user/*"]) {
    web.use(area, wrongMethod, tooLarge, rememberLanguage(site));
  }
  web.use("/user/*", formGuard(site));
  web.route("/", homeRoutes(site));
  web.route("/", registerRoutes(site));
  web.route("/", activateRoutes(site));
  web.route("/", resendRoutes(site));
  web.route("/", loginRoutes(site));
  if (site.unsubscribe !== undefined) web.route("/", unsubscribeRoutes(site, site.unsubscribe));
  web.route("/", assetRoutes(Object.values(site.assets)));
  web.notFound((c) => answerError(c, site, "notFound"));
  web.onError((error, c) => {
    // The route's pattern, not the path: a path can hold a token.
    const fields = { method: c.req.method, route: routePath(c), error: describeError(error), stack: error.stack };
    site.logger.log(hasLeft(c, error) ? "debug" : "error", "web.fault", fields);
    return answerError(c, site, "fault");
  });
  return web;
}

/** A browser that leaves in the middle of its form is no fault of ours. */
function hasLeft(c: Context, error: Error): boolean {
  return c.req.raw.signal.aborted && "code" in error && error.code === "ECONNRESET";
}

const statusOf = { notFound: 404, wrongMethod: 405, tooLarge: 413, fault: 500 } as const;

function answerError(c: Context, site: Site, kind: keyof typeof statusOf): Promise<Response> {
  const view = viewOf(c, site);
  const { title, text } = view.t[kind];
  const body = <MessagePage title={title} text={text} link={{ href: paths.home, label: view.t.actions.home }} />;
  return answerPage(c, view, { title, body, status: statusOf[kind] });
}
