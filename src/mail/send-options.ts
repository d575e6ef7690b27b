/** How one send differs from the next: which options there are, which go together, and which are Django's old ones. */
import { findUnknownOption } from "../base/index.ts";
import { warnOnce } from "./deprecation.ts";
import { MessageError } from "./errors.ts";
import type { SendMailOptions } from "./mail.ts";
import type { SendOptions } from "./message-fields.ts";

const sendOptions = {
  using: true,
  signal: true,
  failSilently: true,
  connection: true,
  authUser: true,
  authPassword: true,
} satisfies Record<keyof SendOptions, true>;

/** Pairs of which Django takes one: what the second says, the first says already. */
const conflicts: readonly (readonly [keyof SendOptions, keyof SendOptions])[] = [
  ["using", "connection"],
  ["using", "failSilently"],
  ["using", "authUser"],
  ["using", "authPassword"],
  ["connection", "failSilently"],
  ["connection", "authUser"],
  ["connection", "authPassword"],
];

/**
 * Refuses options that do not exist or contradict each other, and warns of the deprecated ones.
 *
 * @throws MessageError WX_MESSAGE_OPTION
 */
export function checkSendOptions(options: SendOptions): void {
  refuseUnknown(options, Object.keys(sendOptions));
  for (const [kept, other] of conflicts) {
    if (!isSet(options, kept) || !isSet(options, other)) continue;
    throw badOption(
      other,
      `does not go with ${kept}`,
      `Leave one out; what ${other} says belongs to the mailer or backend`,
    );
  }
  if (isSet(options, "authUser") !== isSet(options, "authPassword")) {
    throw badOption("authUser", "and authPassword go together", "Give both, or neither");
  }
  if (isSet(options, "connection") && typeof options.connection?.send !== "function") {
    throw badOption(
      "connection",
      "is no backend",
      "Give what getConnection or smtpBackend returns; a mailer's alias is said by using",
    );
  }
  warnOfDeprecated(options);
}

/** The text as HTML, beside the options of the sending; @throws MessageError WX_MESSAGE_OPTION */
export function takeHtmlMessage(options: SendMailOptions): { html: string | undefined; rest: SendOptions } {
  refuseUnknown(options, ["htmlMessage", ...Object.keys(sendOptions)]);
  const { htmlMessage: html, ...rest } = options;
  return { html, rest };
}

function refuseUnknown(options: object, known: readonly string[]): void {
  const unknown = findUnknownOption(options, known);
  if (unknown !== undefined) throw badOption(unknown.name, "is not an option", unknown.hint);
}

/** False is what failSilently is without being said, and so in contradiction to nothing. */
function isSet(options: SendOptions, name: keyof SendOptions): boolean {
  return options[name] !== undefined && options[name] !== null && options[name] !== false;
}

function badOption(value: string, problem: string, fix: string): MessageError {
  return new MessageError("WX_MESSAGE_OPTION", { field: "options", value, problem, fix });
}

function warnOfDeprecated(options: SendOptions): void {
  if (isSet(options, "failSilently")) {
    warnOnce(
      "WX_DEPRECATED_FAIL_SILENTLY",
      "failSilently is deprecated, as in Django 6.1: catch the DeliveryError instead.",
    );
  }
  if (isSet(options, "connection")) {
    warnOnce(
      "WX_DEPRECATED_CONNECTION",
      "connection is deprecated, as in Django 6.1: name the backend among the mailers and say `using`.",
    );
  }
  if (isSet(options, "authUser")) {
    warnOnce(
      "WX_DEPRECATED_AUTH",
      "authUser and authPassword are deprecated, as in Django 6.1: configure a mailer with them and say `using`.",
    );
  }
}
