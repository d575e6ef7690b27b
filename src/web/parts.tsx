/** The pieces that pages are made of: forms, fields, notices, names. */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { FieldProblem } from "../accounts/index.ts";
import { FORM_TOKEN_FIELD } from "./form-token.ts";
import { paths } from "./paths.ts";
import type { Texts } from "./texts/index.ts";
import type { View } from "./view.ts";

export interface FormProps {
  action: string;
  token: string;
  class?: string;
  children?: Child;
}

/** A form that is posted. The server checks it, in the page's language: the browser's own bubbles are off. */
export function Form({ action, token, children, ...rest }: FormProps): JSX.Element {
  return (
    <form method="post" action={action} novalidate {...rest}>
      <input type="hidden" name={FORM_TOKEN_FIELD} value={token} />
      {children}
    </form>
  );
}

export type FieldName = "username" | "email" | "password" | "login";

export interface FieldProps {
  view: View;
  name: FieldName;
  label: string;
  autocomplete: string;
  hint?: string;
  value?: string;
  problem?: FieldProblem | undefined;
  type?: "text" | "password";
  inputmode?: "email" | "text";
  autofocus?: boolean;
}

/** A labelled input; its problem, or else its hint, is read out with it. */
export function Field({ view, name, label, hint, value, problem, type, ...rest }: FieldProps): JSX.Element {
  const remark = problem === undefined ? hint : wordProblem(view.t, name, problem);
  const remarkId = remark === undefined ? undefined : `${name}-remark`;
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        type={type ?? "text"}
        value={value}
        required
        autocapitalize="none"
        spellcheck={false}
        aria-invalid={problem === undefined ? undefined : "true"}
        aria-describedby={remarkId}
        {...rest}
      />
      {remark !== undefined && (
        <p class={problem === undefined ? "hint" : "problem"} id={remarkId}>
          {remark}
        </p>
      )}
    </div>
  );
}

function wordProblem(t: Texts, name: FieldName, problem: FieldProblem): string {
  const own: Partial<Record<FieldProblem, string>> = t.problemsOfField[name];
  return own[problem] ?? t.problems[problem];
}

/** A coloured remark above a form; `alert` is read out at once. */
export function Notice({ tone, children }: { tone: "good" | "bad" | "info"; children?: Child }): JSX.Element {
  return (
    <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

/** A username or an address: what somebody typed, kept from turning the text around it (bidirectional isolation). */
export function Typed({ children }: { children?: Child }): JSX.Element {
  return (
    <strong class="typed">
      <bdi>{children}</bdi>
    </strong>
  );
}

/** The button that has the activation mail sent again, to somebody whose name we already know. */
export function ResendButton({ view, token, login }: { view: View; token: string; login: string }): JSX.Element {
  return (
    <Form action={paths.resend} token={token} class="inline">
      <input type="hidden" name="login" value={login} />
      <button class="quiet" type="submit">
        {view.t.actions.resend}
      </button>
    </Form>
  );
}

/** In development: where the mail can be read. */
export function InboxHint({ view }: { view: View }): JSX.Element | null {
  const { site, t } = view;
  if (site.inboxUrl === undefined) return null;
  return (
    <Notice tone="info">
      <p>
        {t.inbox.hint} <a href={site.inboxUrl}>{t.inbox.link}</a>
      </p>
    </Notice>
  );
}
