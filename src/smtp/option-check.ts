/** How an option is refused: by its name, what it is, and what is right. */
import { findUnknownOption } from "../base/index.ts";
import { SmtpError } from "./errors.ts";
import { quoted } from "./quote.ts";

/** Throws `WX_SMTP_OPTIONS` where the option is not right. `got` is quoted: give "(not shown)" for a secret. */
export function check(isRight: boolean, name: string, got: unknown, right: string): void {
  if (isRight) return;
  const end = right.endsWith("?") ? "" : ".";
  throw optionError(`The SMTP option ${name} is ${quoted(got)}. It must be ${right}${end}`);
}

/** The value as a whole number from 1 to `max`. */
export function count(name: string, value: unknown, max: number = Number.MAX_SAFE_INTEGER): number {
  check(Number.isSafeInteger(value), name, value, "a whole number");
  const number = Number(value);
  check(number >= 1 && number <= max, name, value, max === Number.MAX_SAFE_INTEGER ? "1 or more" : `1 to ${max}`);
  return number;
}

/** Refuses a misspelt name, with the one that was meant. `prefix` is what stands before it, such as "tls.". */
export function checkNames(prefix: string, given: object, known: object): void {
  if (typeof given !== "object" || given === null) {
    const what = prefix === "" ? "options" : `option ${prefix.slice(0, -1)}`;
    throw optionError(`The SMTP ${what} must be an object with some of: ${Object.keys(known).join(", ")}.`);
  }
  const unknown = findUnknownOption(given, Object.keys(known));
  if (unknown !== undefined) throw optionError(`There is no SMTP option ${prefix}${unknown.name}. ${unknown.hint}`);
}

export function optionError(message: string): SmtpError {
  return new SmtpError("WX_SMTP_OPTIONS", message, { stage: "connect", server: "", retryable: false });
}
