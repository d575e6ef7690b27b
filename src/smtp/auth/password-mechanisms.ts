/** The mechanisms that show the server the password, or a digest of it: PLAIN, LOGIN, CRAM-MD5. */
import { createHmac } from "node:crypto";
import type { Mechanism } from "./mechanism.ts";

/** RFC 4616: no authorization identity, the user, the password. */
export const plain: Mechanism = {
  name: "PLAIN",
  by: "password",
  clientFirst: true,
  hidesPassword: false,
  *exchange({ user, secret }) {
    yield { say: `\0${user}\0${secret}`, secrets: [secret] };
  },
};

/** Never standardized; what the server asks at each step is fixed, whatever words it uses. */
export const login: Mechanism = {
  name: "LOGIN",
  by: "password",
  clientFirst: false,
  hidesPassword: false,
  *exchange({ user, secret }) {
    yield { say: user };
    yield { say: secret, secrets: [secret] };
  },
};

/** RFC 2195. */
export const cramMd5: Mechanism = {
  name: "CRAM-MD5",
  by: "password",
  clientFirst: false,
  hidesPassword: true,
  *exchange({ user, secret }, challenge) {
    const digest = createHmac("md5", secret).update(challenge).digest("hex");
    yield { say: `${user} ${digest}`, secrets: [digest] };
  },
};
