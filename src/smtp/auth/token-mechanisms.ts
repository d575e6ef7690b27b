/** The mechanisms that show the server an OAuth 2.0 access token: OAUTHBEARER and its forerunner XOAUTH2. */
import type { Mechanism } from "./mechanism.ts";
import { saslName } from "./scram.ts";

/** RFC 7628. A refusal comes as a challenge with its reason as JSON, which the client answers with one 0x01. */
export const oauthBearer: Mechanism = {
  name: "OAUTHBEARER",
  by: "token",
  clientFirst: true,
  hidesPassword: false,
  *exchange({ user, secret, host, port }) {
    const say = `n,a=${saslName(user)},\x01host=${host}\x01port=${port}\x01auth=Bearer ${secret}\x01\x01`;
    yield { say, secrets: [secret] };
    yield { say: "\x01" };
  },
};

/** Google's and Microsoft's, from before RFC 7628; a refusal is answered with an empty line. */
export const xoauth2: Mechanism = {
  name: "XOAUTH2",
  by: "token",
  clientFirst: true,
  hidesPassword: false,
  *exchange({ user, secret }) {
    yield { say: `user=${user}\x01auth=Bearer ${secret}\x01\x01`, secrets: [secret] };
    yield { say: "" };
  },
};
