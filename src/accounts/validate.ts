/** What a username, an address and a password may be. */
import { type Locale, localeOf } from "../base/index.ts";
import { MessageError, parseMailbox, toAsciiAddress } from "../mail/index.ts";
import { usernameKey } from "./identity.ts";
import type { FieldProblem, RegisterField } from "./outcomes.ts";

/** In characters, as a person counts them. */
const USERNAME_MAX = 64;
/** RFC 5321, section 4.5.3.1.3: a path of 256 octets with its angle brackets. */
const EMAIL_MAX_OCTETS = 254;
/** NIST SP 800-63B: at least 8; no rule about kinds of characters. */
const PASSWORD_MIN = 8;
/** Far over any passphrase, and little enough to hash. */
const PASSWORD_MAX_OCTETS = 1024;

/** Letters and digits of any script, with single marks between them. No @: an address is never a username. */
const USERNAME = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}]|[ ._'’-](?! ))*$/u;

export interface Credentials {
  username: string;
  email: string;
  password: string;
}

/** The input with the blanks around its name and address taken off, or what is wrong at which field. */
export function checkCredentials(
  input: Credentials,
): { credentials: Credentials } | { problems: Partial<Record<RegisterField, FieldProblem>> } {
  const credentials = {
    username: trim(input.username),
    email: trim(input.email),
    password: normalizePassword(input.password),
  };
  const found = {
    username: usernameProblem(credentials.username),
    email: emailProblem(credentials.email),
    password: passwordProblem(credentials),
  };
  const problems = Object.fromEntries(Object.entries(found).filter(([, problem]) => problem !== undefined));
  return Object.keys(problems).length === 0 ? { credentials } : { problems };
}

/** The input often is a request's body as it came: what is not text there counts as not given. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The language that was asked for; English where none was, or none that there is. */
export function localeFrom(asked: string | undefined): Locale {
  return localeOf(textOf(asked)) ?? "en";
}

/** Blanks only: a line break at the end of a field is an attack or an accident, and is not mended. */
export function trim(text: string): string {
  return textOf(text).replace(/^[ \t\u3000]+|[ \t\u3000]+$/g, "");
}

/** One password, however the keyboard composed its characters (NIST SP 800-63B). */
export function normalizePassword(password: string): string {
  return textOf(password).normalize("NFKC");
}

/** The problem of a typed username. */
export function usernameProblem(username: string): FieldProblem | undefined {
  if (username === "") return "required";
  if (username.length > USERNAME_MAX * 2 || [...username].length > USERNAME_MAX) return "too-long";
  if (!USERNAME.test(username) || usernameKey(username).includes("@")) return "not-allowed";
  return undefined;
}

/** The problem of a typed address; undefined when it is one mailbox that mail can be sent to. */
export function emailProblem(email: string): FieldProblem | undefined {
  if (email === "") return "required";
  if (Buffer.byteLength(email) > EMAIL_MAX_OCTETS) return "too-long";
  try {
    const { name, address } = parseMailbox(email, "email");
    toAsciiAddress(address);
    const domain = address.slice(address.lastIndexOf("@") + 1);
    const reachable = domain.includes(".") || domain === "localhost";
    return name === "" && address === email && reachable ? undefined : "not-an-address";
  } catch (error) {
    if (error instanceof MessageError) return "not-an-address";
    throw error;
  }
}

/** Longer than any login or password can be: not worth a look-up or a hash. */
export function isTooLong(login: string, password: string): boolean {
  return login.length > EMAIL_MAX_OCTETS || password.length > PASSWORD_MAX_OCTETS;
}

function passwordProblem({ username, email, password }: Credentials): FieldProblem | undefined {
  if (password === "") return "required";
  if (Array.from(password.slice(0, PASSWORD_MIN * 2)).length < PASSWORD_MIN) return "too-short";
  if (Buffer.byteLength(password) > PASSWORD_MAX_OCTETS) return "too-long";
  const key = usernameKey(password);
  return key === usernameKey(username) || key === usernameKey(email) ? "too-guessable" : undefined;
}
