/** Sending: Django's functions over one message class and named mailers. */
import { type Clock, findUnknownOption, systemClock } from "../base/index.ts";
import { toAsciiAddress } from "./addr-spec.ts";
import { type MailboxList, parseMailbox } from "./address.ts";
import type { Receipt } from "./backend.ts";
import { compose, type ComposeContext, type Composed } from "./compose.ts";
import { DeliveryError, MessageError } from "./errors.ts";
import type { Mailers } from "./mailers.ts";
import { type MessageFields, recipientsOf, type SendOptions } from "./message.ts";

/** What sending needs from around it. */
export interface MailOptions {
  mailers: Mailers;
  /** The sender of a message that names none, such as `mac <mac@163.com>`. */
  defaultFromEmail: string;
  /** Default: the machine's. */
  clock?: Clock | undefined;
  /** The domain of Message-IDs. Default: that of `defaultFromEmail`, so that no machine's name gets out. */
  hostname?: string | undefined;
}

/** What `sendMail` takes beside its four arguments. */
export interface SendMailOptions extends SendOptions {
  /** The body once more, as HTML. */
  htmlMessage?: string | undefined;
}

/** Subject, text, sender (undefined for the default) and recipients. */
export type MassMail = readonly [
  subject: string,
  message: string,
  fromEmail: string | undefined,
  recipientList: MailboxList,
];

/** Composes and sends. */
export interface Mail {
  /**
   * Sends one message, as Django's `send_mail`.
   *
   * @param fromEmail Undefined for the default sender.
   * @returns 1, or 0 when there was nobody to send to or a failure was silenced.
   * @throws MessageError `WX_MESSAGE_...`, DeliveryError `WX_DELIVERY_...`, MailerError `WX_MAILER_UNKNOWN`
   *
   * @example
   * await mail.sendMail("Welcome", "Hello Ann", undefined, ["ann@example.com"], { htmlMessage: "<p>Hello Ann" })
   */
  sendMail(
    subject: string,
    message: string,
    fromEmail: string | undefined,
    recipientList: MailboxList,
    options?: SendMailOptions,
  ): Promise<0 | 1>;
  /**
   * Sends many small messages one after the other, over one connection where the backend has one.
   *
   * @returns How many were sent.
   * @throws what `sendMail` throws, at the first message that fails
   */
  sendMassMail(messages: Iterable<MassMail>, options?: SendOptions): Promise<number>;
  /**
   * Sends a message.
   *
   * @returns The receipt, or undefined when there was nobody to send to or a failure was silenced.
   * @throws MessageError `WX_MESSAGE_...`, DeliveryError `WX_DELIVERY_...`, MailerError `WX_MAILER_UNKNOWN`
   *
   * @example
   * const receipt = await mail.send({ to: ["ann@example.com"], subject: "Hello", text: "World" });
   */
  send(message: MessageFields, options?: SendOptions): Promise<Receipt | undefined>;
  /**
   * Builds the envelope and bytes without sending them.
   *
   * @throws MessageError `WX_MESSAGE_...`
   */
  compose(message: MessageFields): Composed;
  readonly mailers: Mailers;
}

/**
 * Everything to send mail with.
 *
 * @throws MessageError when `defaultFromEmail` is no mailbox or `hostname` no domain
 */
export function createMail({ mailers, defaultFromEmail, clock = systemClock, hostname }: MailOptions): Mail {
  const sender = parseMailbox(defaultFromEmail, "defaultFromEmail");
  const idAddress = toAsciiAddress(hostname === undefined ? sender.address : `id@${hostname}`, "hostname");
  const context: ComposeContext = {
    clock,
    hostname: idAddress.slice(idAddress.lastIndexOf("@") + 1),
    defaultFrom: defaultFromEmail,
  };
  const send = (message: MessageFields, options: SendOptions = {}): Promise<Receipt | undefined> =>
    sendThrough(mailers, message, context, options);
  return {
    mailers,
    send,
    compose: (message) => compose(message, context),
    sendMail: async (subject, text, from, to, { htmlMessage, ...options } = {}) => {
      requireList(to);
      return (await send({ subject, text, html: htmlMessage, from, to }, options)) === undefined ? 0 : 1;
    },
    sendMassMail: async (messages, options) => {
      let sent = 0;
      for (const [subject, text, from, to] of messages) {
        if ((await send({ subject, text, from, to }, options)) !== undefined) sent++;
      }
      return sent;
    },
  };
}

/** Without this, a call that forgets the sender would send nothing and look like one with nobody to send to. */
function requireList(recipientList: MailboxList | undefined): void {
  if (recipientList !== undefined && recipientList !== null) return;
  throw new MessageError("WX_MESSAGE_LIST", {
    field: "recipientList",
    problem: "is missing",
    fix: "Give it as the fourth argument; the third is the sender, undefined for the default one",
  });
}

const sendOptions = { using: true, failSilently: true, signal: true } satisfies Record<keyof SendOptions, true>;

function refuseUnknownOptions(options: SendOptions): void {
  const unknown = findUnknownOption(options, Object.keys(sendOptions));
  if (unknown === undefined) return;
  const { name: value, hint: fix } = unknown;
  throw new MessageError("WX_MESSAGE_OPTION", { field: "options", value, problem: "is not an option", fix });
}

async function sendThrough(
  mailers: Mailers,
  message: MessageFields,
  context: ComposeContext,
  options: SendOptions,
): Promise<Receipt | undefined> {
  refuseUnknownOptions(options);
  const { using, failSilently, signal } = options;
  const backend = mailers.get(using);
  if (recipientsOf(message).length === 0) return undefined;
  const { envelope, bytes } = compose(message, context);
  try {
    return await backend.send(envelope, bytes, signal === undefined ? {} : { signal });
  } catch (error) {
    if (failSilently === true && error instanceof DeliveryError) return undefined;
    throw error;
  }
}
