/** Refuses misspelt options, which would otherwise silently leave a default in force. */
import { findUnknownOption } from "../base/index.ts";
import { SigningUsageError } from "./errors.ts";

/** What a method is given where its caller gives nothing. */
export const NO_OPTIONS: Readonly<Record<string, never>> = Object.freeze({});

/**
 * Passes when every key of `options` is in `known`.
 *
 * @param owner The class or method whose options they are, for the message.
 * @throws SigningUsageError WX_SIGNING_OPTION, naming the option that was probably meant (`expires_in` is `expiresIn` here).
 */
export function checkOptions(owner: string, options: object, known: readonly string[]): void {
  if (options === NO_OPTIONS) return;
  if (typeof options !== "object" || options === null) {
    throw new SigningUsageError("WX_SIGNING_OPTION", `${owner} takes an object of options: ${known.join(", ")}`);
  }
  const unknown = findUnknownOption(options, known);
  if (unknown === undefined) return;
  throw new SigningUsageError("WX_SIGNING_OPTION", `${owner} has no option "${unknown.name}". ${unknown.hint}`);
}

/**
 * The bytes of a salt.
 *
 * @throws SigningUsageError WX_SIGNING_OPTION for what is neither text nor bytes.
 */
export function saltBytes(salt: string | Uint8Array): Buffer {
  if (typeof salt === "string" || salt instanceof Uint8Array) return Buffer.from(salt);
  throw new SigningUsageError("WX_SIGNING_OPTION", "salt must be a string or a Uint8Array");
}
