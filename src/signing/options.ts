/** Refuses misspelt options, which would otherwise silently leave a default in force. */
import { nearest } from "../base/index.ts";
import { SigningUsageError } from "./errors.ts";

/**
 * Passes when every key of `options` is in `known`.
 *
 * @param owner The class or method whose options they are, for the message.
 * @throws SigningUsageError WX_SIGNING_OPTION, naming the option that was probably meant (`expires_in` is `expiresIn` here).
 */
export function checkOptions(owner: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const meant = nearest(name, known);
    const hint = meant === undefined ? `it takes ${known.join(", ")}` : `did you mean ${meant}?`;
    throw new SigningUsageError("WX_SIGNING_OPTION", `${owner} has no option "${name}"; ${hint}`);
  }
}
