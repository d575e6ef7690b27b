/** Checks what a backend is given: every option known, and what it cannot do without there. */
import { findUnknownOption } from "../../base/index.ts";
import { MailerError } from "../errors.ts";

/** An option that a backend cannot work with; `fault` completes the sentence that begins with its name. */
export function badOption(backend: string, option: string, fault: string): MailerError {
  return new MailerError("WX_MAILER_OPTION", option, `${backend}: ${option} ${fault}`);
}

/** @throws MailerError WX_MAILER_OPTION for an option that does not exist, or options that are no object */
export function refuseUnknownOptions(backend: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw badOption(backend, "options", "must be an object.");
  const unknown = findUnknownOption(options, known);
  if (unknown !== undefined) throw badOption(backend, unknown.name, `is no option. ${unknown.hint}`);
}

/** The options of this list that must be there, each a line of text. */
export function requireTexts<Name extends string>(
  backend: string,
  options: Readonly<Partial<Record<Name, unknown>>>,
  names: readonly Name[],
): void {
  for (const name of names) {
    const value: unknown = options[name];
    // The value is not shown: most of these are secrets.
    if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) {
      throw badOption(backend, name, value === undefined ? "is missing." : "must be one word of visible ASCII.");
    }
  }
}

/** A length of time, in milliseconds. */
export function requireMilliseconds(backend: string, option: string, value: number, min: number): void {
  // setTimeout counts in 31 bits.
  if (typeof value === "number" && value >= min && value <= 2 ** 31 - 1) return;
  throw badOption(backend, option, `is ${String(value)}; it must be milliseconds from ${min} to ${2 ** 31 - 1}.`);
}
