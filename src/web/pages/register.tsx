/** The sign-up form, and the page after it. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { FieldProblem, RegisterField } from "../../accounts/index.ts";
import { Field, Form, InboxHint, ResendButton, Typed } from "../parts.tsx";
import { paths } from "../paths.ts";
import type { View } from "../view.ts";

export interface RegisterPageProps {
  view: View;
  token: string;
  username?: string;
  email?: string;
  problems?: Partial<Record<RegisterField, FieldProblem>>;
}

export function RegisterPage({ view, token, username, email, problems = {} }: RegisterPageProps): JSX.Element {
  const t = view.t.register;
  const first = (["username", "email", "password"] as const).find((field) => problems[field] !== undefined);
  return (
    <>
      <h1>{t.title}</h1>
      <Form action={paths.register} token={token}>
        <Field
          view={view}
          name="username"
          label={t.username}
          value={username ?? ""}
          autocomplete="username"
          problem={problems.username}
          autofocus={first === "username"}
        />
        <Field
          view={view}
          name="email"
          label={t.email}
          hint={t.emailHint}
          value={email ?? ""}
          autocomplete="email"
          inputmode="email"
          problem={problems.email}
          autofocus={first === "email"}
        />
        <Field
          view={view}
          name="password"
          type="password"
          label={t.password}
          hint={t.passwordHint}
          autocomplete="new-password"
          problem={problems.password}
          autofocus={first === "password"}
        />
        <button type="submit">{t.submit}</button>
      </Form>
      <p class="aside">
        {t.already} <a href={paths.login}>{view.t.actions.logIn}</a>
      </p>
    </>
  );
}

/** @param email Where the mail went; undefined when the browser no longer tells. */
export function RegisteredPage({ view, token, email }: { view: View; token: string; email?: string }): JSX.Element {
  const t = view.t.registered;
  return (
    <>
      <h1>{t.title}</h1>
      <p class="lead">{email === undefined ? t.sentSomewhere : t.sent(<Typed>{email}</Typed>)}</p>
      <InboxHint view={view} />
      <section class="help">
        <h2>{t.missing}</h2>
        <ul>
          <li>{t.spam}</li>
          {email !== undefined && <li>{t.typo}</li>}
          <li>{t.again}</li>
        </ul>
        {email === undefined ? (
          <a class="button quiet" href={paths.resend}>
            {view.t.actions.resend}
          </a>
        ) : (
          <ResendButton view={view} token={token} login={email} />
        )}
      </section>
    </>
  );
}
