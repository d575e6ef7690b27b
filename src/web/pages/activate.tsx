/** What an activation link opens: whose account it is, and the one button that activates it. */
import type { JSX } from "hono/jsx/jsx-runtime";
import { Form, Typed } from "../parts.tsx";
import type { View } from "../view.ts";

export interface ActivatePageProps {
  view: View;
  token: string;
  /** The address of this very page. */
  action: string;
  username: string;
  email: string;
}

export function ActivatePage({ view, token, action, username, email }: ActivatePageProps): JSX.Element {
  const t = view.t.activate;
  return (
    <>
      <h1>{t.title}</h1>
      <p class="lead">{t.lead(<Typed>{username}</Typed>, <Typed>{email}</Typed>)}</p>
      <Form action={action} token={token}>
        <button type="submit">{t.submit}</button>
      </Form>
      <p class="aside">{t.notYou}</p>
    </>
  );
}
