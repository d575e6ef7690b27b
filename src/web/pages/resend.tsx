/** Where a person asks for the activation mail again, and the page after it. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { FieldProblem } from "../../accounts/index.ts";
import { Field, Form, InboxHint, Notice } from "../parts.tsx";
import { paths } from "../paths.ts";
import type { View } from "../view.ts";

/** Why a link led here. */
export type ResendReason = "expired" | "invalid";

export interface ResendPageProps {
  view: View;
  token: string;
  reason?: ResendReason | undefined;
  login?: string;
  problem?: FieldProblem;
}

export function ResendPage({ view, token, reason, login, problem }: ResendPageProps): JSX.Element {
  const t = view.t.resend;
  return (
    <>
      <h1>{t.title}</h1>
      {reason === undefined ? <p class="lead">{t.lead}</p> : <Notice tone="bad">{t[reason]}</Notice>}
      <Form action={paths.resend} token={token}>
        <Field
          view={view}
          name="login"
          label={t.login}
          value={login ?? ""}
          autocomplete="username"
          inputmode="email"
          problem={problem}
          autofocus={problem !== undefined}
        />
        <button type="submit">{t.submit}</button>
      </Form>
      <p class="aside">
        <a href={paths.login}>{view.t.actions.logIn}</a>
      </p>
    </>
  );
}

/** The same whether or not there was anything to send. */
export function ResentPage({ view }: { view: View }): JSX.Element {
  const t = view.t.resend;
  return (
    <>
      <h1>{t.sentTitle}</h1>
      <p class="lead">{t.sent}</p>
      <InboxHint view={view} />
      <p class="aside">
        <a href={paths.resend}>{t.other}</a>
      </p>
    </>
  );
}
