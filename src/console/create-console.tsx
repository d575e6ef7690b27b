/** Puts the console together: the guard on its address, the routes, and the answers when nothing else fits. */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { routePath } from "hono/route";
import { describeError } from "../base/index.ts";
import { answerPage } from "./answer.tsx";
import { assetRoutes } from "./assets.ts";
import { type ConsoleOptions, type Desk, deskOf } from "./desk.ts";
import { hostGuard } from "./host-guard.ts";
import { rememberLanguage } from "./language.ts";
import { MessagePage } from "./pages/message.tsx";
import { inboxApiRoutes } from "./routes/inbox-api.ts";
import { inboxPartRoutes } from "./routes/inbox-parts.ts";
import { inboxRoutes } from "./routes/inbox.tsx";
import { outboxApiRoutes } from "./routes/outbox-api.ts";
import { outboxRoutes } from "./routes/outbox.tsx";
import { viewOf } from "./view.ts";

/** A form here holds a token and nothing else. */
const MAX_FORM_BYTES = 4096;

/**
 * The development console as a Hono application: it answers `/inbox*`, `/outbox*`, `/api/outbox*` and `/console-assets/*`.
 *
 * It has no log-in: serve it on a machine of your own, and name in `allowedHosts` what that machine is called.
 *
 * @example
 * const console = createConsole({ inbox, outbox, allowedHosts: ["127.0.0.1", "localhost"] });
 * app.route("/", console);
 */
export function createConsole(options: ConsoleOptions): Hono {
  const desk = deskOf(options);
  const app = new Hono();
  const tooLarge = bodyLimit({
    maxSize: MAX_FORM_BYTES,
    onError: (c) => c.text("This is larger than any form of these pages.\n", 413),
  });
  for (const area of ["/inbox/*", "/outbox/*", "/api/outbox/*", "/console-assets/*"]) {
    app.use(area, hostGuard(desk.allowedHosts), tooLarge, rememberLanguage);
  }
  app.route("/", inboxApiRoutes(desk));
  app.route("/", inboxPartRoutes(desk));
  app.route("/", inboxRoutes(desk));
  app.route("/", outboxApiRoutes(desk));
  app.route("/", outboxRoutes(desk));
  app.route("/", assetRoutes());
  app.notFound((c) => answerError(c, desk, "notFound"));
  app.onError((error, c) => {
    const fields = { method: c.req.method, route: routePath(c), error: describeError(error), stack: error.stack };
    desk.logger.log("error", "console.fault", fields);
    return answerError(c, desk, "fault");
  });
  return app;
}

function answerError(c: Context, desk: Desk, kind: "notFound" | "fault"): Promise<Response> {
  const view = viewOf(c, desk);
  const { title, text } = view.t[kind];
  const body = <MessagePage title={title} text={text} />;
  return answerPage(c, view, { title, body, status: kind === "notFound" ? 404 : 500 });
}
