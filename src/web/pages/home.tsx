/** The start page: what this is, or a greeting. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Account } from "../../accounts/index.ts";
import { Form, Typed } from "../parts.tsx";
import { paths } from "../paths.ts";
import type { View } from "../view.ts";

export function WelcomePage({ view }: { view: View }): JSX.Element {
  const { site, t } = view;
  return (
    <>
      <h1>{t.home.title(site.name)}</h1>
      <p class="lead">{t.home.lead}</p>
      <p class="actions">
        <a class="button" href={paths.register}>
          {t.actions.signUp}
        </a>
        <a class="button quiet" href={paths.login}>
          {t.actions.logIn}
        </a>
      </p>
    </>
  );
}

export function GreetingPage({ view, account, token }: { view: View; account: Account; token: string }): JSX.Element {
  const { t } = view;
  return (
    <>
      <h1>{t.home.greeting(<bdi>{account.username}</bdi>)}</h1>
      <p class="lead">{t.home.confirmed(<Typed>{account.email}</Typed>)}</p>
      <Form action={paths.logout} token={token}>
        <button class="quiet" type="submit">
          {t.actions.logOut}
        </button>
      </Form>
    </>
  );
}
