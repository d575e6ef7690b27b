/** GET and POST `/user/login`, and POST `/user/logout`. */
import { type Context, Hono } from "hono";
import type { FieldProblem, LoginOutcome } from "../../accounts/index.ts";
import { answerPage, seeOther } from "../answer.tsx";
import { clearCookie, readCookie, writeCookie } from "../cookies.ts";
import { issueFormToken } from "../form-token.ts";
import { readForm } from "../form.ts";
import { type LoginNotice, LoginPage } from "../pages/login.tsx";
import { paths } from "../paths.ts";
import type { Site } from "../site.ts";
import { viewOf } from "../view.ts";

export function loginRoutes(site: Site): Hono {
  const routes = new Hono();

  routes.get(paths.login, (c) => {
    const view = viewOf(c, site);
    const notice = noticeOf(c.req.query("notice"));
    const body = <LoginPage view={view} token={issueFormToken(c, site)} notice={notice} />;
    return answerPage(c, view, { title: view.t.login.title, body });
  });

  routes.post(paths.login, async (c) => {
    const form = await readForm(c);
    const [login, password] = [form.get("login") ?? "", form.get("password") ?? ""];
    const problems = missing({ login, password });
    if (problems !== undefined) return refuse(c, site, { status: 422, login, problems });
    const outcome = await site.accounts.login({ login, password });
    if (outcome.status !== "logged-in") return refuse(c, site, { status: 403, login, failure: outcome.status });
    await beginSession(c, site, outcome);
    return seeOther(c, paths.home);
  });

  routes.post(paths.logout, async (c) => {
    await endSession(c, site);
    return seeOther(c, `${paths.login}?notice=logged-out`);
  });
  // Where the language switch or "open the page again" leads from a refused log-out.
  routes.get(paths.logout, (c) => seeOther(c, paths.home));

  return routes;
}

interface Refusal {
  status: 403 | 422;
  login: string;
  problems?: { login?: FieldProblem; password?: FieldProblem };
  failure?: "refused" | "not-active";
}

function refuse(c: Context, site: Site, { status, ...why }: Refusal): Promise<Response> {
  const view = viewOf(c, site);
  const body = <LoginPage view={view} token={issueFormToken(c, site)} {...why} />;
  return answerPage(c, view, { title: `${view.t.errorTitle} ${view.t.login.title}`, body, status });
}

function missing(fields: { login: string; password: string }): Refusal["problems"] {
  const problems: Refusal["problems"] = {};
  if (fields.login.trim() === "") problems.login = "required";
  if (fields.password === "") problems.password = "required";
  return Object.keys(problems).length > 0 ? problems : undefined;
}

/** A log-in always gets a new id; the one the browser had before ends. */
async function beginSession(c: Context, site: Site, begun: LoginOutcome & { status: "logged-in" }): Promise<void> {
  const previous = readCookie(c, site, "session");
  if (previous !== undefined) await site.accounts.logout(previous);
  writeCookie(c, site, "session", begun.sessionId, begun.maxAgeSeconds);
}

async function endSession(c: Context, site: Site): Promise<void> {
  const sessionId = readCookie(c, site, "session");
  if (sessionId !== undefined) await site.accounts.logout(sessionId);
  clearCookie(c, site, "session");
}

function noticeOf(query: string | undefined): LoginNotice | undefined {
  return query === "activated" || query === "already-active" || query === "logged-out" ? query : undefined;
}
