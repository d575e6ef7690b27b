/** GET and POST `/user/register`, and GET `/user/registered`. */
import { Hono } from "hono";
import { answerPage, seeOther } from "../answer.tsx";
import { issueFormToken } from "../form-token.ts";
import { readForm } from "../form.ts";
import { readMailedNote, writeMailedNote } from "../mailed-note.ts";
import { RegisteredPage, RegisterPage } from "../pages/register.tsx";
import { paths } from "../paths.ts";
import type { Site } from "../site.ts";
import { viewOf } from "../view.ts";

export function registerRoutes(site: Site): Hono {
  const routes = new Hono();

  routes.get(paths.register, (c) => {
    const view = viewOf(c, site);
    const body = <RegisterPage view={view} token={issueFormToken(c, site)} />;
    return answerPage(c, view, { title: view.t.register.title, body });
  });

  routes.post(paths.register, async (c) => {
    const view = viewOf(c, site);
    const form = await readForm(c);
    const [username, email] = [form.get("username") ?? "", form.get("email") ?? ""];
    const password = form.get("password") ?? "";
    const outcome = await site.accounts.register({ username, email, password, locale: view.locale });
    if (outcome.status === "registered") {
      writeMailedNote(c, site, outcome.email);
      return seeOther(c, paths.registered);
    }
    const typed = { username, email, problems: outcome.problems };
    const body = <RegisterPage view={view} token={issueFormToken(c, site)} {...typed} />;
    return answerPage(c, view, { title: `${view.t.errorTitle} ${view.t.register.title}`, body, status: 422 });
  });

  routes.get(paths.registered, (c) => {
    const view = viewOf(c, site);
    const email = readMailedNote(c, site);
    const known = email === undefined ? {} : { email };
    const body = <RegisteredPage view={view} token={issueFormToken(c, site)} {...known} />;
    return answerPage(c, view, { title: view.t.registered.title, body });
  });

  return routes;
}
