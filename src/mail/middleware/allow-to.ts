/** Lets mail reach only those who are allowed: for staging, where testers get theirs and customers get none. */
import { hintFor } from "../../base/index.ts";
import { toAsciiAddress } from "../addr-spec.ts";
import { MessageError, shorten } from "../errors.ts";
import type { Middleware } from "./middleware.ts";
import {
  addressesOf,
  envelopeAddress,
  type Mailboxes,
  readMailboxes,
  replaceAddresses,
  replaceRecipients,
} from "./recipients.ts";

/** What becomes of a recipient who is not allowed. */
export interface AllowToOptions {
  /**
   * `drop` leaves them out (and sends nothing where nobody is left), `refuse` throws, and an address or a list of them
   * gets the mail in their place. Default `drop`.
   */
  otherwise?: "drop" | "refuse" | Mailboxes | undefined;
}

/**
 * Only those who match get mail.
 *
 * @param allowed Addresses (`ann@example.com`), domains (`example.com`), their subdomains (`*.example.com`), or patterns
 *   that are tried on the whole address in lower case. A pattern without `$` matches more than it shows.
 * @throws MessageError for an entry that is none of these
 * @example
 * createMail({ mailers, defaultFromEmail, middleware: [allowTo(["example.com"], { otherwise: "dev@example.com" })] });
 */
export function allowTo(allowed: readonly (string | RegExp)[], options: AllowToOptions = {}): Middleware {
  const { substitutes, refuses } = readOtherwise(options);
  const ofSubstitutes = new Set(substitutes.map((mailbox) => envelopeAddress(mailbox).toLowerCase()));
  const rules = readRules(allowed);
  const isAllowed = (address: string): boolean => {
    const lower = address.toLowerCase();
    return ofSubstitutes.has(lower) || rules.some((rule) => rule(lower));
  };
  const requireAllowed = (addresses: readonly string[]): void => {
    const stranger = addresses.find((address) => !isAllowed(address));
    if (stranger !== undefined && refuses) throw notAllowed(stranger);
  };
  return {
    before: (message, { logger }) => {
      const strangers = addressesOf(message).filter((address) => !isAllowed(address));
      if (strangers.length === 0) return message;
      requireAllowed(strangers);
      logger.log("warn", "mail.not-allowed", {
        recipients: [...new Set(strangers)],
        redirected: substitutes.length > 0,
      });
      return replaceRecipients(message, isAllowed, substitutes);
    },
    envelope: (envelope) => {
      requireAllowed(envelope.to);
      return { ...envelope, to: replaceAddresses(envelope.to, isAllowed, substitutes) };
    },
  };
}

function readOtherwise(options: AllowToOptions): { substitutes: ReturnType<typeof readMailboxes>; refuses: boolean } {
  const unknown = Object.keys(options).find((name) => name !== "otherwise");
  if (unknown !== undefined) {
    const fix = hintFor(unknown, ["otherwise"]);
    throw new MessageError("WX_MESSAGE_OPTION", { field: "allowTo", value: unknown, problem: "is not an option", fix });
  }
  const { otherwise = "drop" } = options;
  if (otherwise === "drop" || otherwise === "refuse") return { substitutes: [], refuses: otherwise === "refuse" };
  return { substitutes: readMailboxes(otherwise, "allowTo.otherwise"), refuses: false };
}

type Rule = (lowerCaseAddress: string) => boolean;

function readRules(allowed: readonly (string | RegExp)[]): Rule[] {
  if (Array.isArray(allowed))
    return allowed.map((entry: string | RegExp, index) => readRule(entry, `allowTo[${index}]`));
  const fix = 'Write a list, such as ["example.com", "ann@example.net"]';
  throw new MessageError("WX_MESSAGE_LIST", { field: "allowTo", problem: "is not a list", fix });
}

function readRule(entry: string | RegExp, field: string): Rule {
  if (entry instanceof RegExp) {
    const pattern = new RegExp(entry.source, entry.flags.replace(/[gy]/g, "")); // neither keeps a place between two tests
    return (address) => pattern.test(address);
  }
  if (typeof entry === "string" && !/^(?:\*\.|@)?[^@*]+$/.test(entry)) {
    const exact = toAsciiAddress(entry, field).toLowerCase();
    return (address) => address === exact;
  }
  const domain = asciiDomain(String(entry).replace(/^(?:\*\.|@)/, ""), field);
  const end = String(entry).startsWith("*.") ? `.${domain}` : `@${domain}`;
  return (address) => address.slice(address.lastIndexOf("@")).endsWith(end);
}

function asciiDomain(domain: string, field: string): string {
  try {
    return toAsciiAddress(`x@${domain}`).slice("x@".length).toLowerCase();
  } catch (cause) {
    const fix = "Write ann@example.com, example.com or *.example.com";
    const problem = "is neither an address nor a domain";
    throw new MessageError("WX_MESSAGE_ADDRESS", { field, value: domain, problem, fix }, { cause });
  }
}

function notAllowed(address: string): MessageError {
  return new MessageError("WX_MESSAGE_NOT_ALLOWED", {
    field: "recipients",
    problem: `include ${shorten(address)}, which allowTo does not let through`,
    fix: "Add it to allowTo (WAXSEAL_ALLOW_TO), or send it from where all mail may leave",
  });
}
