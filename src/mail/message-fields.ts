/** The fields of a message, by nodemailer's names, and how a send may differ from the next. */
import type { Mailbox, MailboxList } from "./address.ts";
import type { Backend, Envelope } from "./backend.ts";

/** A header's value: text, a date, or a list (of mailboxes where the header takes them, else one header per item). */
export type HeaderValue = string | Date | MailboxList;

/** What an attachment may be made of: text, bytes, a Blob or File, or a stream of bytes that is read once. */
export type AttachmentContent = string | Uint8Array | Blob | AsyncIterable<Uint8Array | string>;

/** A file to send along. One of `content`, `path` and `raw` must be there. */
export interface Attachment {
  /** Its name for the reader; folders before it are dropped. `false` for none. Default: the last part of `path`. */
  filename?: string | false | undefined;
  content?: AttachmentContent | undefined;
  /** A file to read, or a `data:` URL. */
  path?: string | URL | undefined;
  /** How `content` is written where it is a string that stands for bytes. Default: it is text. */
  encoding?: "base64" | "base64url" | "hex" | "latin1" | "utf8" | undefined;
  /** Default: by the file's name, else `application/octet-stream`. Parameters may follow. */
  contentType?: string | undefined;
  /** Default `attachment`; `inline` where there is a `cid`. */
  contentDisposition?: "attachment" | "inline" | undefined;
  /** Its Content-ID without angle brackets: the HTML shows it by `cid:...`. */
  cid?: string | undefined;
  /** Further headers of the part. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** A finished MIME part with its headers, taken as it is after a check that it is 7-bit and injects nothing. */
  raw?: string | Uint8Array | undefined;
}

/** The body once more, in another form. */
export interface Alternative {
  content: string | Uint8Array;
  contentType: string;
  /** How `content` is written where it is a string that stands for bytes. Default: it is text. */
  encoding?: Attachment["encoding"];
}

/** An invitation to an event, shown by readers as one and attached as a file too. */
export interface CalendarEvent {
  /** An iCalendar file (RFC 5545). */
  content: string | Uint8Array;
  /** iTIP's method (RFC 5546). Default: the one inside of `content`, which it must be. */
  method?: "publish" | "request" | "reply" | "add" | "cancel" | "refresh" | "counter" | "declinecounter" | undefined;
  /** Default `invite.ics`; `false` for no file beside the form of the body. */
  filename?: string | false | undefined;
}

/** Headers of a list (RFC 2369, RFC 2919) by their names without `List-`; a value is an address, a URL, or both. */
export interface ListHeaders {
  /** Where to leave the list. A `https:` URL among them makes it one click (RFC 8058), unless `oneClick` is false. */
  unsubscribe?: string | readonly string[] | undefined;
  /** Default: true where `unsubscribe` holds one `https:` URL and no `http:` one. */
  oneClick?: boolean | undefined;
  subscribe?: string | readonly string[] | undefined;
  help?: string | readonly string[] | undefined;
  /** `NO` for a list that nobody may write to. */
  post?: string | readonly string[] | undefined;
  owner?: string | readonly string[] | undefined;
  archive?: string | readonly string[] | undefined;
  /** The list's id, such as `news.example.com`, or its name and id. */
  id?: string | { readonly name: string; readonly id: string } | undefined;
}

/** Every field of a message. All may be left out but a recipient, and a sender where no default is configured. */
export interface MessageFields {
  /** Sender in the header and the envelope. Default: the configured one. */
  from?: string | Mailbox | undefined;
  /** Who sends on behalf of `from` (RFC 5322, section 3.6.2). */
  sender?: string | Mailbox | undefined;
  to?: MailboxList | undefined;
  cc?: MailboxList | undefined;
  /** In the envelope only. */
  bcc?: MailboxList | undefined;
  replyTo?: MailboxList | undefined;
  subject?: string | undefined;
  text?: string | undefined;
  html?: string | undefined;
  /** AMP for Email, the form of the body before `html`. */
  amp?: string | undefined;
  /** A short form for watches, the form of the body after `text`. */
  watchHtml?: string | undefined;
  alternatives?: readonly Alternative[] | undefined;
  attachments?: readonly Attachment[] | undefined;
  icalEvent?: CalendarEvent | undefined;
  /** Further headers; From, To, Cc, Reply-To, Date and Message-ID here win over the fields, in the header only. */
  headers?: Readonly<Record<string, HeaderValue>> | undefined;
  /** With its angle brackets. Default: a new one. */
  messageId?: string | undefined;
  /** The domain of the Message-ID made for this message. Default: the mailer's. */
  messageIdDomain?: string | undefined;
  date?: Date | string | undefined;
  /** The message this one answers, with its angle brackets. */
  inReplyTo?: string | undefined;
  references?: string | readonly string[] | undefined;
  /** Default, and `normal`: no header at all. */
  priority?: "high" | "normal" | "low" | undefined;
  list?: ListHeaders | undefined;
  /** Tells answering machines to keep still (RFC 3834). */
  autoSubmitted?: "auto-generated" | "auto-replied" | "no" | undefined;
  /** `html` without a text beside it gets one made from it. Default true. */
  textFromHtml?: boolean | undefined;
  /** Moves the rules of `<style>` into the elements, for readers that drop it; needs `@css-inline/css-inline`. Default false. */
  inlineCss?: boolean | undefined;
  /** The charset of text and HTML. Default `utf-8`, which everything can be written in. */
  charset?: string | undefined;
  /** Django's `content_subtype`: what `text` is. Default `plain`. */
  contentSubtype?: "plain" | "html" | undefined;
  /** Non-ASCII local parts and unencoded headers, for servers that offer SMTPUTF8 (RFC 6532). Default false. */
  smtpUtf8?: boolean | undefined;
  /** An IP address in brackets in place of a domain, such as `ann@[192.0.2.1]`, in its addresses. Default false. */
  domainLiteral?: boolean | undefined;
  /** The finished message with its headers (RFC 5322), sent as it is after a check; goes with `envelope`, or with `from` and `to`. */
  raw?: string | Uint8Array | undefined;
  /** Who the server is told it is from and to, where that is not what the fields say. */
  envelope?: { readonly from?: string | undefined; readonly to?: readonly string[] | undefined } | undefined;
  /** Reports asked of the servers (RFC 3461). */
  dsn?: Envelope["dsn"];
  /** Nothing but verified TLS on the whole way (RFC 8689). */
  requireTls?: boolean | undefined;
  /** Names to count messages by; not sent to the recipient. */
  tags?: readonly string[] | undefined;
  /** The application's own data about the message; not sent to the recipient. */
  metadata?: Readonly<Record<string, string>> | undefined;
}

const messageFields = {
  from: true,
  sender: true,
  to: true,
  cc: true,
  bcc: true,
  replyTo: true,
  subject: true,
  text: true,
  html: true,
  amp: true,
  watchHtml: true,
  alternatives: true,
  attachments: true,
  icalEvent: true,
  headers: true,
  messageId: true,
  messageIdDomain: true,
  date: true,
  inReplyTo: true,
  references: true,
  priority: true,
  list: true,
  autoSubmitted: true,
  textFromHtml: true,
  inlineCss: true,
  charset: true,
  contentSubtype: true,
  smtpUtf8: true,
  domainLiteral: true,
  raw: true,
  envelope: true,
  dsn: true,
  requireTls: true,
  tags: true,
  metadata: true,
} satisfies Record<keyof MessageFields, true>;

/** The names of all fields. */
export const MESSAGE_FIELDS: readonly string[] = Object.keys(messageFields);

/** How one send may differ from the next. */
export interface SendOptions {
  /** The alias of the mailer. Default: `default`. */
  using?: string | undefined;
  /** Gives up loading attachments, and the delivery where it can still be given up. */
  signal?: AbortSignal | undefined;
  /**
   * Answer with nothing where a DeliveryError would be thrown; every other error is still thrown.
   *
   * @deprecated as in Django 6.1: catch the DeliveryError. Not together with `using` or `connection`.
   */
  failSilently?: boolean | undefined;
  /**
   * Send through this backend.
   *
   * @deprecated as in Django 6.1: give the backend a name among the mailers, and name it in `using`.
   */
  connection?: Backend | undefined;
  /**
   * Log in to the default mailer's server as somebody else; goes with `authPassword`.
   *
   * @deprecated as in Django 6.1: configure a mailer with that user, and name it in `using`.
   */
  authUser?: string | undefined;
  /** @deprecated see `authUser` */
  authPassword?: string | undefined;
}
