/** What sends mail: the calls, by Django's names, and what they need. */
import type { Clock, Logger } from "../base/index.ts";
import type { Mailbox, MailboxList } from "./address.ts";
import type { Backend, Receipt } from "./backend.ts";
import type { Composed } from "./compose.ts";
import type { FileAccess } from "./content/file-access.ts";
import type { DkimKey } from "./dkim/options.ts";
import type { DkimSigner } from "./dkim/sign.ts";
import type { HeaderEncoding } from "./header-encoding.ts";
import type { Mailers } from "./mailers.ts";
import type { MessageFields, SendOptions } from "./message-fields.ts";
import type { Middleware } from "./middleware/middleware.ts";

/** What a connection made for the moment is to be like, where it differs from the default mailer. */
export interface ConnectionOptions extends Readonly<Record<string, unknown>> {
  /** Failed deliveries are passed over. */
  readonly failSilently?: boolean | undefined;
}

/** Makes a backend by the name of its kind, undefined for the default mailer's; the options win over the mailer's. */
export type Connect = (backend: string | undefined, options: Readonly<Record<string, unknown>>) => Backend;

/** What sending needs from around it. */
export interface MailOptions extends FileAccess {
  mailers: Mailers;
  /** The sender of a message that names none, such as `mac <mac@163.com>`. */
  defaultFromEmail: string;
  /** Default: the machine's. */
  clock?: Clock | undefined;
  /** The domain of Message-IDs. Default: that of `defaultFromEmail`, so that no machine's name gets out. */
  hostname?: string | undefined;
  /** The sender of mail to admins and managers. Default: root@localhost, as in Django. */
  serverEmail?: string | undefined;
  /** Who gets `mailAdmins`. Default: nobody. */
  admins?: MailboxList | undefined;
  /** Who gets `mailManagers`. Default: nobody. */
  managers?: MailboxList | undefined;
  /** Stands before the subjects of mail to admins and managers. Default: "[Waxseal] ". */
  subjectPrefix?: string | undefined;
  /** The charset of messages that name none. Default: utf-8. */
  charset?: string | undefined;
  /** Write dates in the machine's time zone, as EMAIL_USE_LOCALTIME in Django. Default false: UTC. */
  useLocalTime?: boolean | undefined;
  /** The largest message that is composed, in bytes. Default: no limit. */
  maxMessageBytes?: number | undefined;
  /** How headers are written for providers that read less than the standards allow. Default: as the mailer's backend says. */
  headerEncoding?: HeaderEncoding | undefined;
  /** Makes the backends of `getConnection`, `authUser` and `authPassword`. Default: none, so that those are refused. */
  connect?: Connect | undefined;
  /** Signs every message: keys, or what holds them. Default: none. */
  dkim?: DkimKey | readonly DkimKey[] | DkimSigner | undefined;
  /** Hooks around every message, in their order. Default: none. */
  middleware?: readonly Middleware[] | undefined;
  /** Is told of hooks that failed, of recipients who were left out, and of weak keys. Default: says nothing. */
  logger?: Logger | undefined;
}

/** What `sendMail`, `mailAdmins` and `mailManagers` take beside their arguments. */
export interface SendMailOptions extends SendOptions {
  /** The body once more, as HTML. */
  htmlMessage?: string | undefined;
}

/** How a message is composed without being sent. */
export interface ComposeOptions extends Pick<SendOptions, "signal" | "using"> {
  /** The time of its Date header and of its signature, in milliseconds since 1970. Default: now. */
  at?: number | undefined;
}

/** Subject, text, sender (undefined for the default) and recipients. */
export type MassMail = readonly [
  subject: string,
  message: string,
  fromEmail: string | Mailbox | undefined,
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
    fromEmail: string | Mailbox | undefined,
    recipientList: MailboxList,
    options?: SendMailOptions,
  ): Promise<0 | 1>;
  /**
   * Sends many small messages one after the other, over one connection where the backend has one, as Django's
   * `send_mass_mail`. They are taken one by one, so that there may be any number of them.
   *
   * @returns How many were sent.
   * @throws what `sendMail` throws, at the first message that fails
   */
  sendMassMail(messages: Iterable<MassMail> | AsyncIterable<MassMail>, options?: SendOptions): Promise<number>;
  /**
   * Sends to the admins (ADMINS) from the server's own address (SERVER_EMAIL), with the subject's prefix, as Django's
   * `mail_admins`.
   *
   * @returns 1, or 0 when there are no admins or a failure was silenced.
   * @throws what `sendMail` throws
   */
  mailAdmins(subject: string, message: string, options?: SendMailOptions): Promise<0 | 1>;
  /** Sends to the managers (MANAGERS) as `mailAdmins` does to the admins. */
  mailManagers(subject: string, message: string, options?: SendMailOptions): Promise<0 | 1>;
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
   * Builds the envelope and bytes without sending them: files and streams are read, a missing text is made from the HTML.
   * Headers are written as the mailer in `using` (else the default one) wants them. `at` (milliseconds since 1970) is the
   * time of the Date header and of the signature, by default now; a message that names its Message-ID, composed again
   * `at` the same time, has the same bytes.
   *
   * @throws MessageError `WX_MESSAGE_...`, MailerError `WX_MAILER_UNKNOWN`
   *
   * @example
   * const { envelope, bytes, messageId } = await mail.compose(message);
   */
  compose(message: MessageFields, options?: ComposeOptions): Promise<Composed>;
  /**
   * A backend for the moment, as Django's `get_connection`; who asks for it closes it.
   *
   * @param backend Its kind, such as `smtp`, or Django's name for one. Default: the default mailer's.
   * @param options Win over the options of the default mailer; `failSilently` passes over failed deliveries.
   * @throws MailerError `WX_MAILER_CONNECT` where the backends were handed in finished; ConfigError `WX_CONFIG`
   * @deprecated as in Django 6.1: configure a mailer, and name it in `using`.
   */
  getConnection(backend?: string, options?: ConnectionOptions): Backend;
  readonly mailers: Mailers;
}
