/** Sending: Django's functions over one message class and named mailers. */
import type { MailboxList } from "./address.ts";
import type { Receipt } from "./backend.ts";
import { MailerError, MessageError } from "./errors.ts";
import type { Mail, MailOptions } from "./mail.ts";
import type { Mailers } from "./mailers.ts";
import type { MessageFields, SendOptions } from "./message-fields.ts";
import { takeHtmlMessage } from "./send-options.ts";
import { oneMessage } from "./send-one.ts";
import { staffMail } from "./staff-mail.ts";
import { composedFor, connectionGetter, throughWayOut } from "./way-out.ts";

/**
 * Everything to send mail with.
 *
 * @throws MessageError when `defaultFromEmail`, `serverEmail`, an admin or a manager is no mailbox or `hostname` no domain;
 *   MailerError `WX_MAILER_OPTION`, `WX_MAILER_DKIM`, `WX_MAILER_MIDDLEWARE`
 *
 * @example
 * const mail = createMail({ mailers: createMailers({ default: backend }), defaultFromEmail: "mac@163.com" });
 */
export function createMail(options: MailOptions): Mail {
  const mailers = requireMailers(options);
  const one = oneMessage(options);

  function send(message: MessageFields, sendOptions: SendOptions = {}): Promise<Receipt | undefined> {
    return throughWayOut(options, sendOptions, (backend) => one.send(message, backend, sendOptions.signal));
  }

  async function sendCounted(message: MessageFields, sendOptions?: SendOptions): Promise<0 | 1> {
    return (await send(message, sendOptions)) === undefined ? 0 : 1;
  }

  return {
    mailers,
    send,
    compose: async (message, { using, ...composing } = {}) =>
      one.compose(message, composedFor(mailers, using), composing),
    sendMail: async (subject, text, from, to, sendMailOptions = {}) => {
      requireList(to);
      const { html, rest } = takeHtmlMessage(sendMailOptions);
      return sendCounted({ subject, text, html, from, to }, rest);
    },
    sendMassMail: (messages, sendOptions = {}) =>
      throughWayOut(options, sendOptions, async (backend) => {
        let sent = 0;
        for await (const message of messages) {
          requireTuple(message);
          const [subject, text, from, to] = message;
          const receipt = await one.send({ subject, text, from, to }, backend, sendOptions.signal);
          if (receipt !== undefined) sent++;
        }
        return sent;
      }),
    ...staffMail(options, sendCounted),
    getConnection: connectionGetter(options),
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

/** Fields by name are for `send`, and the four of one message alone are no list of messages. */
function requireTuple(message: unknown): void {
  if (Array.isArray(message)) return;
  throw new MessageError("WX_MESSAGE_TYPE", {
    field: "messages",
    problem: "has an item that is no list of subject, text, sender and recipients",
    fix: 'Write [["Hello", "World", undefined, ["ann@example.com"]], ...]',
  });
}

/** Backends that were not gathered under their aliases are the first thing that a newcomer hands in. */
function requireMailers(options: Partial<MailOptions> | undefined): Mailers {
  const mailers = options?.mailers;
  if (typeof mailers?.get === "function" && typeof mailers.has === "function") return mailers;
  const problem = mailers === undefined ? "is missing" : "is not what createMailers returns";
  const text = `createMail: mailers ${problem}. Write createMail({ mailers: createMailers({ default: backend }), defaultFromEmail }).`;
  throw new MailerError("WX_MAILER_OPTION", "mailers", text);
}
