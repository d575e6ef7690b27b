/** Sending: Django's functions over one message class and named mailers. */
import { systemClock } from "../base/index.ts";
import { toAsciiAddress } from "./addr-spec.ts";
import { formatMailbox, type MailboxList, parseMailbox, parseMailboxes } from "./address.ts";
import type { Backend, Receipt } from "./backend.ts";
import { compose, type ComposeContext, type Composed } from "./compose.ts";
import { warnOnce } from "./deprecation.ts";
import { createDkimSigner, type DkimSigner } from "./dkim/sign.ts";
import { MailerError, MessageError } from "./errors.ts";
import { DEFAULT_MAILER_ALIAS, type Mailers } from "./mailers.ts";
import type { Connect, ConnectionOptions, Mail, MailOptions } from "./mail.ts";
import { recipientsOf } from "./message.ts";
import type { MessageFields, SendOptions } from "./message-fields.ts";
import { createPipeline } from "./middleware/pipeline.ts";
import { prepareMessage } from "./prepare.ts";
import { checkSendOptions } from "./send-options.ts";
import { silenced } from "./silenced.ts";

/**
 * Everything to send mail with.
 *
 * @throws MessageError when `defaultFromEmail`, `serverEmail`, an admin or a manager is no mailbox or `hostname` no domain;
 *   MailerError `WX_MAILER_DKIM`, `WX_MAILER_MIDDLEWARE`
 */
export function createMail(options: MailOptions): Mail {
  const { mailers } = options;
  const context = composeContext(options);

  const pipeline = createPipeline(options.middleware, options.logger);
  const signer = signerOf(options);

  /** Composes what the `before` hooks made of a message. */
  async function composeHooked(
    message: MessageFields,
    { headerEncoding }: Partial<Backend>,
    signal: AbortSignal | undefined,
  ): Promise<Composed> {
    const prepared = await prepareMessage(message, { ...options, signal });
    const wanted = context.headerEncoding ?? headerEncoding;
    const composed = pipeline.envelope(compose(prepared, { ...context, headerEncoding: wanted }));
    return signer === undefined ? composed : { ...composed, bytes: signer.sign(composed.bytes) };
  }

  async function sendThrough(
    backend: Backend,
    given: MessageFields,
    { signal }: SendOptions,
  ): Promise<Receipt | undefined> {
    if (namesNobody(given)) return undefined;
    const message = await pipeline.before(given);
    if (namesNobody(message)) return undefined;
    const { envelope, bytes, messageId } = await composeHooked(message, backend, signal);
    try {
      const receipt = await backend.send(envelope, bytes, signal === undefined ? {} : { signal });
      await pipeline.after({ message, envelope, messageId, receipt });
      return receipt.accepted.length === 0 ? undefined : receipt;
    } catch (error) {
      await pipeline.after({ message, envelope, messageId, error });
      throw error;
    }
  }

  /** Opens the way out that the options name, for as long as the work lasts. */
  async function through<T>(sendOptions: SendOptions, work: (backend: Backend) => Promise<T>): Promise<T> {
    checkSendOptions(sendOptions);
    const { using, connection, failSilently, authUser: user, authPassword: password } = sendOptions;
    const own = user === undefined ? undefined : connectBy(options.connect, undefined, { user, password });
    const backend = connection ?? own ?? mailers.get(using);
    try {
      return await work(failSilently === true ? silenced(backend) : backend);
    } finally {
      await own?.close?.();
    }
  }

  function send(message: MessageFields, sendOptions: SendOptions = {}): Promise<Receipt | undefined> {
    return through(sendOptions, (backend) => sendThrough(backend, message, sendOptions));
  }

  async function sendCounted(message: MessageFields, sendOptions?: SendOptions): Promise<0 | 1> {
    return (await send(message, sendOptions)) === undefined ? 0 : 1;
  }

  const mailStaff = staffMailer(options, sendCounted);
  return {
    mailers,
    send,
    compose: async (message, { signal, using } = {}) =>
      composeHooked(await pipeline.before(message), wayOf(mailers, using), signal),
    sendMail: async (subject, text, from, to, { htmlMessage: html, ...rest } = {}) => {
      requireList(to);
      return sendCounted({ subject, text, html, from, to }, rest);
    },
    sendMassMail: (messages, sendOptions = {}) =>
      through(sendOptions, async (backend) => {
        let sent = 0;
        for await (const [subject, text, from, to] of messages) {
          if ((await sendThrough(backend, { subject, text, from, to }, sendOptions)) !== undefined) sent++;
        }
        return sent;
      }),
    mailAdmins: mailStaff("admins"),
    mailManagers: mailStaff("managers"),
    getConnection: (backend, { failSilently, ...rest }: ConnectionOptions = {}) => {
      warnOnce(
        "WX_DEPRECATED_GET_CONNECTION",
        "getConnection is deprecated, as in Django 6.1: configure a mailer and say `using`.",
      );
      const connection = connectBy(options.connect, backend, rest);
      return failSilently === true ? silenced(connection) : connection;
    },
  };
}

/** Whose headers a message gets that is composed to be sent later: those of the mailer it is for, if there is one. */
function wayOf(mailers: Mailers, using: string | undefined): Partial<Backend> {
  return using === undefined && !mailers.has(DEFAULT_MAILER_ALIAS) ? {} : mailers.get(using);
}

function composeContext(options: MailOptions): ComposeContext {
  const { defaultFromEmail, hostname, clock = systemClock, charset, useLocalTime } = options;
  const sender = parseMailbox(defaultFromEmail, "defaultFromEmail");
  const idAddress = toAsciiAddress(hostname === undefined ? sender.address : `id@${hostname}`, "hostname");
  const domain = idAddress.slice(idAddress.lastIndexOf("@") + 1);
  const { maxMessageBytes, headerEncoding } = options;
  return {
    clock,
    hostname: domain,
    defaultFrom: defaultFromEmail,
    charset,
    useLocalTime,
    maxMessageBytes,
    headerEncoding,
  };
}

function signerOf({ dkim, clock, logger }: MailOptions): DkimSigner | undefined {
  return dkim === undefined || "sign" in dkim ? dkim : createDkimSigner(dkim, { clock, logger });
}

function connectBy(connect: Connect | undefined, backend: string | undefined, options: object): Backend {
  if (connect !== undefined) return connect(backend, { ...options });
  const fix = "configure a mailer with those options and name it in `using`";
  throw new MailerError("WX_MAILER_CONNECT", "connect", `These mailers were handed in finished; ${fix}.`);
}

/** Whether there is nobody to send to: then nothing is composed, as in Django. A raw message names people that we do not read. */
function namesNobody(message: MessageFields): boolean {
  if (message.raw !== undefined && message.envelope?.to === undefined) return false;
  return (message.envelope?.to ?? recipientsOf(message)).length === 0;
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

/** Mail to the people who run the site: from the server's own address, with a prefix to sort it by. */
function staffMailer(
  options: MailOptions,
  sendCounted: (message: MessageFields, options: SendOptions) => Promise<0 | 1>,
): (group: "admins" | "managers") => Mail["mailAdmins"] {
  const { serverEmail = "root@localhost", subjectPrefix = "[Waxseal] " } = options;
  const from = formatMailbox(parseMailbox(serverEmail, "serverEmail"));
  return (group) => {
    const to = parseMailboxes(options[group], group);
    return async (subject, text, { htmlMessage: html, ...rest } = {}) =>
      to.length === 0 ? 0 : sendCounted({ subject: subjectPrefix + subject, text, html, from, to }, rest);
  };
}
