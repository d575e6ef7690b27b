/** The log-in form, with what brought a person to it or kept them out. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { FieldProblem } from "../../accounts/index.ts";
import { Field, Form, Notice, ResendButton } from "../parts.tsx";
import { paths } from "../paths.ts";
import type { View } from "../view.ts";

/** Good news that another page sends along. */
export type LoginNotice = "activated" | "already-active" | "logged-out";

export interface LoginPageProps {
  view: View;
  token: string;
  login?: string;
  notice?: LoginNotice | undefined;
  failure?: "refused" | "not-active";
  problems?: { login?: FieldProblem; password?: FieldProblem };
}

export function LoginPage({ view, token, login = "", notice, failure, problems = {} }: LoginPageProps): JSX.Element {
  const t = view.t.login;
  return (
    <>
      <h1>{t.title}</h1>
      {notice !== undefined && <Notice tone="good">{noticeText(t, notice)}</Notice>}
      {failure === "refused" && <Refused view={view} />}
      {failure === "not-active" && <NotActive view={view} token={token} login={login} />}
      <Form action={paths.login} token={token}>
        <Field
          view={view}
          name="login"
          label={t.login}
          value={login}
          autocomplete="username"
          problem={problems.login}
          autofocus={problems.login !== undefined}
        />
        <Field
          view={view}
          name="password"
          type="password"
          label={t.password}
          autocomplete="current-password"
          problem={problems.password}
          autofocus={problems.login === undefined && problems.password !== undefined}
        />
        <button type="submit">{t.submit}</button>
      </Form>
      <p class="aside">
        {t.noAccount} <a href={paths.register}>{view.t.actions.signUp}</a>
      </p>
    </>
  );
}

function noticeText(t: View["t"]["login"], notice: LoginNotice): string {
  return { activated: t.activated, "already-active": t.alreadyActive, "logged-out": t.loggedOut }[notice];
}

function Refused({ view }: { view: View }): JSX.Element {
  const t = view.t.login;
  return (
    <Notice tone="bad">
      <p>{t.refused}</p>
      <p>
        <a href={paths.resend}>{t.refusedLink}</a>
      </p>
    </Notice>
  );
}

function NotActive({ view, token, login }: { view: View; token: string; login: string }): JSX.Element {
  return (
    <Notice tone="bad">
      <p>{view.t.login.notActive}</p>
      <ResendButton view={view} token={token} login={login} />
    </Notice>
  );
}
