/** GET `/`. */
import { Hono } from "hono";
import { answerPage } from "../answer.tsx";
import { readCookie } from "../cookies.ts";
import { issueFormToken } from "../form-token.ts";
import { GreetingPage, WelcomePage } from "../pages/home.tsx";
import { paths } from "../paths.ts";
import type { Site } from "../site.ts";
import { viewOf } from "../view.ts";

export function homeRoutes(site: Site): Hono {
  return new Hono().get(paths.home, async (c) => {
    const view = viewOf(c, site);
    const sessionId = readCookie(c, site, "session");
    const account = sessionId === undefined ? undefined : await site.accounts.session(sessionId);
    const title = account?.username ?? view.t.home.title(site.name);
    const body =
      account === undefined ? (
        <WelcomePage view={view} />
      ) : (
        <GreetingPage view={view} account={account} token={issueFormToken(c, site)} />
      );
    return answerPage(c, view, { title, body });
  });
}
