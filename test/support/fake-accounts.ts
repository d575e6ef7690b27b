/** Accounts that answer what a test tells them to, and remember what they were asked. */
import type { Account, LoginOutcome } from "../../src/accounts/index.ts";
import type { WebAccounts } from "../../src/web/index.ts";

export interface FakeAccounts extends WebAccounts {
  /** Every call so far: the operation's name, then its argument. */
  readonly calls: [keyof WebAccounts, unknown][];
  /** What the next calls answer. */
  readonly answers: { [Name in keyof WebAccounts]: Awaited<ReturnType<WebAccounts[Name]>> | Error };
}

export const mac: Account = { id: "1", username: "mac", email: "mac@163.com", active: true, createdAt: 0 };

const loggedIn: LoginOutcome = {
  status: "logged-in",
  account: mac,
  sessionId: "opaque-session-id",
  maxAgeSeconds: 3600,
};

/** Fake accounts where everything goes well. */
export function fakeAccounts(): FakeAccounts {
  const calls: FakeAccounts["calls"] = [];
  const answers: FakeAccounts["answers"] = {
    register: { status: "registered", email: mac.email },
    inspect: { status: "ready", username: mac.username, email: mac.email },
    activate: { status: "activated", username: mac.username },
    resend: { status: "accepted" },
    login: loggedIn,
    logout: undefined,
    session: mac,
  };
  const fake = <Name extends keyof WebAccounts>(name: Name): WebAccounts[Name] => {
    const operation = async (argument: unknown): Promise<unknown> => {
      calls.push([name, argument]);
      const answer = answers[name];
      if (answer instanceof Error) throw answer;
      return answer;
    };
    return operation as WebAccounts[Name]; // One body stands for all seven.
  };
  return {
    calls,
    answers,
    register: fake("register"),
    inspect: fake("inspect"),
    activate: fake("activate"),
    resend: fake("resend"),
    login: fake("login"),
    logout: fake("logout"),
    session: fake("session"),
  };
}
