/** The message as an application writes it: nodemailer's field names, Django's behaviour. */
import { type Mailbox, type MailboxList, presentItems } from "./address.ts";
import type { Receipt } from "./backend.ts";
import { MessageError } from "./errors.ts";

/** A header's value: text, a date, or a list (of mailboxes where the header takes them, else one header per item). */
export type HeaderValue = string | Date | MailboxList;

/** A file to send along. */
export interface Attachment {
  /** Its name for the reader; folders before it are dropped. */
  filename?: string | undefined;
  content: string | Uint8Array;
  /** Default: by the file's name, else `application/octet-stream`. */
  contentType?: string | undefined;
}

/** The body once more, in another form. */
export interface Alternative {
  content: string | Uint8Array;
  contentType: string;
}

/** Every field of a message. All may be left out but a recipient, and a sender where no default is configured. */
export interface MessageFields {
  /** Sender in the header and the envelope. Default: the configured one. */
  from?: string | Mailbox | undefined;
  to?: MailboxList | undefined;
  cc?: MailboxList | undefined;
  /** In the envelope only. */
  bcc?: MailboxList | undefined;
  replyTo?: MailboxList | undefined;
  subject?: string | undefined;
  text?: string | undefined;
  html?: string | undefined;
  alternatives?: readonly Alternative[] | undefined;
  attachments?: readonly Attachment[] | undefined;
  /** Further headers; From, To, Cc, Reply-To, Date and Message-ID here win over the fields, in the header only. */
  headers?: Readonly<Record<string, HeaderValue>> | undefined;
}

/** The names of all fields. */
export const MESSAGE_FIELDS: readonly (keyof MessageFields)[] = [
  "from",
  "to",
  "cc",
  "bcc",
  "replyTo",
  "subject",
  "text",
  "html",
  "alternatives",
  "attachments",
  "headers",
];

/** How one send may differ from the next. */
export interface SendOptions {
  /** The alias of the mailer. Default: `default`. */
  using?: string | undefined;
  /** Answer with nothing where a DeliveryError would be thrown; every other error is still thrown. */
  failSilently?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** What a message needs to send itself. */
export interface MessageSender {
  send(message: MessageFields, options?: SendOptions): Promise<Receipt | undefined>;
}

/** The fields that do not stand first in the positional form. */
export type FurtherFields = Omit<MessageFields, "subject" | "text" | "from" | "to">;

/**
 * A message whose fields may be set until it is sent.
 *
 * @throws MessageError WX_MESSAGE_LIST for a string where a list of recipients is meant
 *
 * @example
 * new EmailMessage({ subject: "Hello", text: "World", to: ["ann@example.com"] })
 * new EmailMessage("Hello", "World", "mac@163.com", ["ann@example.com"]) // as in Django
 */
export class EmailMessage implements MessageFields {
  from: string | Mailbox | undefined;
  to: MailboxList;
  cc: MailboxList;
  bcc: MailboxList;
  replyTo: MailboxList;
  subject: string;
  text: string;
  html: string | undefined;
  alternatives: Alternative[];
  attachments: Attachment[];
  headers: Record<string, HeaderValue>;
  #sender: MessageSender | undefined;

  constructor(fields?: MessageFields);
  constructor(subject: string, text?: string, from?: string | Mailbox, to?: MailboxList, further?: FurtherFields);
  constructor(
    first: MessageFields | string = {},
    text?: string,
    from?: string | Mailbox,
    to?: MailboxList,
    further?: FurtherFields,
  ) {
    const fields: MessageFields = typeof first === "string" ? { ...further, subject: first, text, from, to } : first;
    this.from = fields.from;
    this.to = listOf(fields, "to");
    this.cc = listOf(fields, "cc");
    this.bcc = listOf(fields, "bcc");
    this.replyTo = listOf(fields, "replyTo");
    this.subject = fields.subject ?? "";
    this.text = fields.text ?? "";
    this.html = fields.html;
    this.alternatives = [...(fields.alternatives ?? [])];
    this.attachments = [...(fields.attachments ?? [])];
    this.headers = { ...fields.headers };
  }

  /** Everyone it goes to, in the order to, cc, bcc, as given; empty items are left out. */
  recipients(): (string | Mailbox)[] {
    return recipientsOf(this);
  }

  /** Adds a file. */
  attach(filename: string, content: string | Uint8Array, contentType?: string): void {
    this.attachments.push({ filename, content, contentType });
  }

  /** Makes `send` work; `Mail.send(message)` needs no such thing. */
  bind(sender: MessageSender): this {
    this.#sender = sender;
    return this;
  }

  /**
   * Sends it through what it was bound to.
   *
   * @returns The receipt, or undefined when there was nobody to send to or a failure was silenced.
   * @throws MessageError WX_MESSAGE_UNBOUND, and all that `Mail.send` throws
   */
  send(options?: SendOptions): Promise<Receipt | undefined> {
    if (this.#sender !== undefined) return this.#sender.send(this, options);
    const fix = "Send it with mail.send(message), or call message.bind(mail) first";
    throw new MessageError("WX_MESSAGE_UNBOUND", { field: "message", problem: "is not bound to a mailer", fix });
  }
}

/** A message whose body stands in several forms, for readers to choose from. */
export class EmailMultiAlternatives extends EmailMessage {
  /** Adds a form of the body; the last one that a reader understands is shown. */
  attachAlternative(content: string | Uint8Array, contentType: string): void {
    this.alternatives.push({ content, contentType });
  }
}

/** Everyone a message goes to, in the order to, cc, bcc, as given. */
export function recipientsOf(message: MessageFields): (string | Mailbox)[] {
  const fields = ["to", "cc", "bcc"] as const;
  return fields.flatMap((field) => presentItems(message[field], field).map(({ item }) => item));
}

function listOf(fields: MessageFields, field: "to" | "cc" | "bcc" | "replyTo"): MailboxList {
  return presentItems(fields[field], field).map(({ item }) => item);
}
