/** GET and POST `/user/active/:token`: the link only shows, the button acts. */
import { type Context, Hono } from "hono";
import type { ActivateOutcome } from "../../accounts/index.ts";
import { answerPage, seeOther } from "../answer.tsx";
import { issueFormToken } from "../form-token.ts";
import { ActivatePage } from "../pages/activate.tsx";
import type { LoginNotice } from "../pages/login.tsx";
import type { ResendReason } from "../pages/resend.tsx";
import { paths } from "../paths.ts";
import type { Site } from "../site.ts";
import { viewOf } from "../view.ts";

/** Whatever follows the path is the token: a mangled one may hold a slash, or be gone. */
const route = `${paths.activate}:token{.*}` as const;

export function activateRoutes(site: Site): Hono {
  const routes = new Hono();

  routes.get(route, async (c) => {
    const outcome = await site.accounts.inspect(c.req.param("token") ?? "");
    if (outcome.status !== "ready") return leave(c, outcome.status);
    const view = viewOf(c, site);
    const { username, email } = outcome;
    const token = issueFormToken(c, site);
    const body = <ActivatePage view={view} token={token} action={c.req.path} username={username} email={email} />;
    return answerPage(c, view, { title: view.t.activate.title, body });
  });

  routes.post(route, async (c) => leave(c, (await site.accounts.activate(c.req.param("token") ?? "")).status));

  return routes;
}

/** To the page where this outcome can be lived with. */
function leave(c: Context, status: ActivateOutcome["status"]): Response {
  if (status === "expired" || status === "invalid") {
    return seeOther(c, `${paths.resend}?reason=${status satisfies ResendReason}`);
  }
  return seeOther(c, `${paths.login}?notice=${status satisfies LoginNotice}`);
}
