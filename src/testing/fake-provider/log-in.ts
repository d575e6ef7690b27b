/** Reads who logs in, and by what secret, out of a client's answers (RFC 4616, and LOGIN and XOAUTH2 as they are in use). */
import type { FakeMechanism } from "./profile.ts";

/** What a client says of itself. */
export interface FakeLogIn {
  readonly user: string;
  /** A password, or an access token. */
  readonly secret: string;
}

function decode(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}

/**
 * Undefined where the client breaks off or makes no sense.
 *
 * @param ask Says 334 with this challenge and returns the client's answer.
 */
export async function readMechanism(
  mechanism: FakeMechanism,
  initial: string | undefined,
  ask: (challenge: string) => Promise<string>,
): Promise<FakeLogIn | undefined> {
  if (mechanism === "LOGIN") {
    const user = decode(initial ?? (await ask(Buffer.from("Username:").toString("base64"))));
    return { user, secret: decode(await ask(Buffer.from("Password:").toString("base64"))) };
  }
  const text = decode(initial ?? (await ask("")));
  const found =
    mechanism === "PLAIN" ? /^[^\0]*\0([^\0]+)\0([^\0]+)$/ : /^user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01$/;
  const [, user, secret] = found.exec(text) ?? [];
  return user === undefined || secret === undefined ? undefined : { user, secret };
}
