/** The message as an application writes it: an object whose fields may be set until it is sent, as Django's EmailMessage. */
import { randomUUID } from "node:crypto";
import { findUnknownOption } from "../base/index.ts";
import { type Mailbox, type MailboxList, presentItems } from "./address.ts";
import type { Receipt } from "./backend.ts";
import { MessageError } from "./errors.ts";
import {
  type Alternative,
  type Attachment,
  type AttachmentContent,
  type HeaderValue,
  MESSAGE_FIELDS,
  type MessageFields,
  type SendOptions,
} from "./message-fields.ts";
import { storableFields } from "./storable-fields.ts";

export {
  type Alternative,
  type Attachment,
  type AttachmentContent,
  type CalendarEvent,
  type HeaderValue,
  type ListHeaders,
  MESSAGE_FIELDS,
  type MessageFields,
  type SendOptions,
} from "./message-fields.ts";

/** What a message needs to send itself. */
export interface MessageSender {
  send(message: MessageFields, options?: SendOptions): Promise<Receipt | undefined>;
}

/** The fields that do not stand first in the positional form. */
export type FurtherFields = Omit<MessageFields, "subject" | "text" | "from" | "to">;

/**
 * A message whose fields may be set until it is sent.
 *
 * `structuredClone(message)` and `JSON.stringify(message)` give its fields, from which it can be made again; a stream
 * among its attachments cannot be stored so.
 *
 * @throws MessageError WX_MESSAGE_LIST for a string where a list is meant, WX_MESSAGE_FIELD for a field that there is not
 *
 * @example
 * new EmailMessage({ subject: "Hello", text: "World", to: ["ann@example.com"] })
 * new EmailMessage("Hello", "World", "mac@163.com", ["ann@example.com"]) // as in Django
 */
export class EmailMessage implements MessageFields {
  from: string | Mailbox | undefined;
  sender: MessageFields["sender"];
  to: MailboxList;
  cc: MailboxList;
  bcc: MailboxList;
  replyTo: MailboxList;
  subject: string;
  text: string;
  html: string | undefined;
  amp: MessageFields["amp"];
  watchHtml: MessageFields["watchHtml"];
  alternatives: Alternative[];
  attachments: Attachment[];
  icalEvent: MessageFields["icalEvent"];
  headers: Record<string, HeaderValue>;
  messageId: MessageFields["messageId"];
  messageIdDomain: MessageFields["messageIdDomain"];
  date: MessageFields["date"];
  inReplyTo: MessageFields["inReplyTo"];
  references: MessageFields["references"];
  priority: MessageFields["priority"];
  list: MessageFields["list"];
  autoSubmitted: MessageFields["autoSubmitted"];
  textFromHtml: MessageFields["textFromHtml"];
  inlineCss: MessageFields["inlineCss"];
  charset: MessageFields["charset"];
  contentSubtype: MessageFields["contentSubtype"];
  smtpUtf8: MessageFields["smtpUtf8"];
  domainLiteral: MessageFields["domainLiteral"];
  raw: MessageFields["raw"];
  envelope: MessageFields["envelope"];
  dsn: MessageFields["dsn"];
  requireTls: MessageFields["requireTls"];
  tags: MessageFields["tags"];
  metadata: MessageFields["metadata"];
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
    if (Array.isArray(further)) throw bccAsInDjango();
    const fields: MessageFields = typeof first === "string" ? { ...further, subject: first, text, from, to } : first;
    refuseUnknownFields(fields);
    Object.assign(this, fields);
    this.to = listOf(fields, "to");
    this.cc = listOf(fields, "cc");
    this.bcc = listOf(fields, "bcc");
    this.replyTo = listOf(fields, "replyTo");
    this.subject = fields.subject ?? "";
    this.text = fields.text ?? "";
    this.alternatives = copyOf(fields.alternatives, "alternatives");
    this.attachments = copyOf(fields.attachments, "attachments");
    this.headers = { ...fields.headers };
  }

  /** Everyone it goes to, in the order to, cc, bcc, as given; empty items are left out. */
  recipients(): (string | Mailbox)[] {
    return recipientsOf(this);
  }

  /**
   * Adds a file: by its name and content, or a whole attachment.
   *
   * @throws MessageError WX_MESSAGE_ATTACHMENT when there is no content, or more beside a whole attachment
   */
  attach(attachment: Attachment): void;
  attach(filename: string, content: AttachmentContent, contentType?: string): void;
  attach(first: string | Attachment, content?: AttachmentContent, contentType?: string): void {
    const field = `attachments[${this.attachments.length}]`;
    if (typeof first === "object") {
      if (content === undefined && contentType === undefined) this.attachments.push(first);
      else
        throw badAttachment(field, "is whole already", "Give nothing else, or attach(filename, content, contentType)");
    } else if (content === undefined || content === null) {
      throw badAttachment(field, "has no content", "Write attach(filename, content), or attachFile(path)");
    } else {
      this.attachments.push({ filename: first, content, contentType });
    }
  }

  /** Adds a file of this machine, which is read when the message is sent. Its type follows from its name unless given. */
  attachFile(path: string | URL, contentType?: string): void {
    this.attachments.push({ path, contentType });
  }

  /**
   * Adds a file that the HTML shows in place.
   *
   * @returns The URL for it, such as the `src` of an `<img>`.
   * @example
   * message.html = `<img src="${message.embed({ path: "logo.png" })}" alt="Logo">`;
   */
  embed(file: Attachment): string {
    const cid = file.cid ?? `${randomUUID()}@embedded`;
    this.attachments.push({ ...file, cid, contentDisposition: "inline" });
    return `cid:${encodeURIComponent(cid).replaceAll("%40", "@")}`;
  }

  /** Whether a text stands in every form of the body that is text. */
  bodyContains(text: string): boolean {
    return textForms(this).every((form) => form.includes(text));
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

  /**
   * Its fields as JSON can hold them: bytes as base64, dates as text.
   *
   * @throws MessageError WX_MESSAGE_STREAM for a stream
   */
  toJSON(): MessageFields {
    return storableFields(this);
  }
}

/** A message whose body stands in several forms, for readers to choose from. */
export class EmailMultiAlternatives extends EmailMessage {
  /**
   * Adds a form of the body; the last one that a reader understands is shown.
   *
   * @throws MessageError WX_MESSAGE_CONTENT_TYPE when the content or its type is missing
   */
  attachAlternative(content: string | Uint8Array, contentType: string): void {
    if (content !== undefined && content !== null && typeof contentType === "string" && contentType !== "") {
      this.alternatives.push({ content, contentType });
      return;
    }
    throw new MessageError("WX_MESSAGE_CONTENT_TYPE", {
      field: `alternatives[${this.alternatives.length}]`,
      problem: "lacks its content or its type",
      fix: 'Write attachAlternative(content, "text/html")',
    });
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

function copyOf<T>(list: readonly T[] | undefined, field: string): T[] {
  if (list === undefined || list === null) return [];
  if (Array.isArray(list)) return [...list];
  const fix = "Write it in square brackets";
  throw new MessageError("WX_MESSAGE_LIST", { field, problem: "is not a list", fix });
}

/** The forms of the body that are text. An empty text beside another form is none. */
function textForms({ text, html, watchHtml, amp, alternatives }: EmailMessage): string[] {
  const forms = [html, watchHtml, amp].filter((form) => form !== undefined);
  for (const { content, contentType } of alternatives) {
    if (!/^text\//i.test(contentType)) continue;
    forms.push(typeof content === "string" ? content : Buffer.from(content).toString("utf8"));
  }
  return text === "" && forms.length > 0 ? forms : [text, ...forms];
}

function refuseUnknownFields(fields: MessageFields): void {
  const unknown = findUnknownOption(fields, MESSAGE_FIELDS);
  if (unknown === undefined) return;
  const { name: value, hint: fix } = unknown;
  throw new MessageError("WX_MESSAGE_FIELD", { field: "message", value, problem: "is not a field", fix });
}

/** The fifth argument was a list of blind copies there. */
function bccAsInDjango(): MessageError {
  const fix = 'The fifth argument holds further fields, such as { bcc: ["ann@example.com"] }';
  return new MessageError("WX_MESSAGE_TYPE", { field: "further", problem: "is a list", fix });
}

function badAttachment(field: string, problem: string, fix: string): MessageError {
  return new MessageError("WX_MESSAGE_ATTACHMENT", { field, problem, fix });
}
