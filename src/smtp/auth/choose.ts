/** Chooses the mechanism: the strongest that both sides know. */
import type { Mechanism } from "./mechanism.ts";
import { cramMd5, login, plain } from "./password-mechanisms.ts";
import { scramSha256 } from "./scram.ts";
import { oauthBearer, xoauth2 } from "./token-mechanisms.ts";

/** Over TLS a digest by MD5 protects nothing, and the server must keep the password readable for it: it comes last. */
const OVER_TLS: readonly Mechanism[] = [oauthBearer, xoauth2, scramSha256, plain, login, cramMd5];
const IN_CLEAR: readonly Mechanism[] = [oauthBearer, xoauth2, scramSha256, cramMd5, plain, login];

/** The mechanisms for a password or a token, the best first. */
export function mechanismsFor(by: Mechanism["by"], encrypted: boolean): readonly Mechanism[] {
  return (encrypted ? OVER_TLS : IN_CLEAR).filter((mechanism) => mechanism.by === by);
}

/** The best of them that the server offers, or the one named `method` if it does. */
export function chooseMechanism(
  wanted: { by: Mechanism["by"]; method: string | undefined; encrypted: boolean },
  offered: readonly string[],
): Mechanism | undefined {
  const known = mechanismsFor(wanted.by, wanted.encrypted);
  return known.find(({ name }) => offered.includes(name) && (wanted.method ?? name) === name);
}
