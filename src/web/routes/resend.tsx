/** GET and POST `/user/activeemail`: the activation mail once more. */
import { Hono } from "hono";
import { answerPage, seeOther } from "../answer.tsx";
import { issueFormToken } from "../form-token.ts";
import { readForm } from "../form.ts";
import { ResendPage, type ResendReason, ResentPage } from "../pages/resend.tsx";
import { paths } from "../paths.ts";
import type { Site } from "../site.ts";
import { viewOf } from "../view.ts";

export function resendRoutes(site: Site): Hono {
  const routes = new Hono();

  routes.get(paths.resend, (c) => {
    const view = viewOf(c, site);
    if (c.req.query("notice") === "sent") {
      return answerPage(c, view, { title: view.t.resend.sentTitle, body: <ResentPage view={view} /> });
    }
    const reason = reasonOf(c.req.query("reason"));
    const body = <ResendPage view={view} token={issueFormToken(c, site)} reason={reason} />;
    return answerPage(c, view, { title: view.t.resend.title, body });
  });

  routes.post(paths.resend, async (c) => {
    const view = viewOf(c, site);
    const login = (await readForm(c)).get("login") ?? "";
    const outcome = await site.accounts.resend({ login, locale: view.locale });
    if (outcome.status === "accepted") return seeOther(c, `${paths.resend}?notice=sent`);
    const body = <ResendPage view={view} token={issueFormToken(c, site)} login={login} problem={outcome.problem} />;
    return answerPage(c, view, { title: `${view.t.errorTitle} ${view.t.resend.title}`, body, status: 422 });
  });

  return routes;
}

function reasonOf(query: string | undefined): ResendReason | undefined {
  return query === "expired" || query === "invalid" ? query : undefined;
}
