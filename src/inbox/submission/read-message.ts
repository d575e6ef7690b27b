/** A message as a client handed it in, made ready for the outbox: checked, relieved of what is for us, and traced. */
import { isAscii, isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import { type Mailbox, MessageError, type MessageFields, parseMailboxText, sevenBitMessage } from "../../mail/index.ts";
import type { ApiKey } from "./api-keys.ts";
import { SubmissionError } from "./errors.ts";
import { mayAskFor, maySendAs, type SubmissionPriority } from "./key-settings.ts";
import { type HeaderField, type SplitMessage, splitMessage } from "./message-header.ts";
import { dateText, receivedField, type Trace } from "./received.ts";
import { isRequestHeader, readRequest } from "./request-headers.ts";
import type { SubmittedMail } from "./types.ts";
import { unsubscribeFields, type UnsubscribeOptions } from "./unsubscribe-headers.ts";

/** What is known of a message beside its octets. */
export interface Handover {
  /** Empty for the null sender. */
  from: string;
  to: readonly string[];
  dsn: MessageFields["dsn"];
  requireTls: boolean;
  /** The client asked for SMTPUTF8. */
  smtpUtf8: boolean;
  key: ApiKey;
  trace: Trace;
  now: number;
  /** Undefined where no links are added. */
  unsubscribe: UnsubscribeOptions | undefined;
}

/** Of those, none leaves: Bcc is the envelope's, and Return-Path is written where mail arrives. */
const TAKEN_OUT: ReadonlySet<string> = new Set(["bcc", "resent-bcc", "return-path"]);
/** RFC 5321, section 6.3: more servers than any message passes that is not going round in circles. */
const MOST_SERVERS = 100;

/**
 * The message as the outbox takes it.
 *
 * @throws MessageError for what may not travel, SubmissionError `WX_SUBMISSION_SENDER`, `WX_SUBMISSION_PRIORITY`,
 *   `WX_SUBMISSION_HEADER`, `WX_SUBMISSION_LOOP`
 */
export function readMessage(octets: Buffer, handover: Handover): SubmittedMail {
  const { key, now, from, to, smtpUtf8 } = handover;
  const message = splitMessage(octets);
  const { fields } = message;
  if (fields.filter(({ name }) => name === "received").length > MOST_SERVERS) {
    throw new SubmissionError(
      "WX_SUBMISSION_LOOP",
      `The message has passed more than ${MOST_SERVERS} servers: it is going in circles.`,
    );
  }
  const author = readSenders(fields, key, smtpUtf8);
  const request = readRequest(
    fields.filter(({ name }) => isRequestHeader(name)),
    now,
  );
  const { tags, metadata, idempotencyKey, ...wishes } = request;
  const { priority = key.settings.priority ?? "normal" } = wishes;
  refusePriority(key, priority);
  // As the outbox reads it, which keeps mail from those who have left.
  const stream = wishes.stream ?? metadata?.["stream"];
  const header = outgoingHeader(message, { ...handover, author, stream });
  return {
    key,
    message: {
      raw: sevenBit(header, message.rest, smtpUtf8),
      from: author,
      envelope: { from, to },
      smtpUtf8,
      dsn: handover.dsn,
      ...(handover.requireTls && { requireTls: true }),
      ...(tags !== undefined && { tags }),
      ...(metadata !== undefined && { metadata }),
    },
    options: {
      using: key.settings.mailer ?? "default",
      ...(key.settings.tenant !== undefined && { tenant: key.settings.tenant }),
      ...wishes,
      priority,
      ...(idempotencyKey !== undefined && { idempotencyKey: `api-key:${key.id}:${idempotencyKey}` }),
    },
  };
}

/**
 * Refuses a sender that the key may not use.
 *
 * @throws SubmissionError `WX_SUBMISSION_SENDER`
 */
export function refuseSender(key: ApiKey, field: string, address: string): void {
  if (maySendAs(key.settings, address)) return;
  throw new SubmissionError(
    "WX_SUBMISSION_SENDER",
    `${field}: ${address} is not allowed with the API key "${key.name}", which may send as ` +
      `${key.settings.allowedFrom?.join(", ")}. Send as one of these, or use a key that allows it ` +
      "(waxseal api-key create NAME --from PATTERN).",
  );
}

/**
 * Refuses a priority that the key may not ask for. It is not lowered: mail that somebody waits for would come late, and
 * nobody would know why.
 *
 * @throws SubmissionError `WX_SUBMISSION_PRIORITY`
 */
function refusePriority(key: ApiKey, priority: SubmissionPriority): void {
  if (mayAskFor(key.settings, priority)) return;
  throw new SubmissionError(
    "WX_SUBMISSION_PRIORITY",
    `X-Waxseal-Priority: ${priority} is not allowed with the API key "${key.name}". Ask for high or less, or use a key ` +
      "that allows it (waxseal api-key create NAME --allow-critical).",
  );
}

/** Who else hands a message in (RFC 5322, sections 3.6.2 and 3.6.6). */
const OTHER_SENDERS = ["Sender", "Resent-From", "Resent-Sender"];

/** The first author; each of them, and whoever else hands it in, may be used with the key. */
function readSenders(fields: readonly HeaderField[], key: ApiKey, smtpUtf8: boolean): Mailbox {
  const named = (wanted: string): HeaderField[] => fields.filter(({ name }) => name === wanted);
  const [from, ...others] = named("from");
  if (from === undefined || others.length > 0) {
    const fix = "Write whom it is from in its header";
    throw new MessageError("WX_MESSAGE_RAW", { field: "message", problem: "has not exactly one From", fix });
  }
  const options = { smtpUtf8 };
  const authors = parseMailboxText(from.value, "From", options);
  const [author] = authors;
  if (author === undefined) {
    throw new MessageError("WX_MESSAGE_NO_SENDER", { field: "From", problem: "names nobody", fix: "Write an address" });
  }
  for (const { address } of authors) refuseSender(key, "From", address);
  for (const field of OTHER_SENDERS) {
    for (const { value } of named(field.toLowerCase())) {
      for (const { address } of parseMailboxText(value, field, options)) refuseSender(key, field, address);
    }
  }
  return author;
}

/** What the header is made of, beside the fields that came. */
interface Outgoing extends Handover {
  author: Mailbox;
  stream: string | undefined;
}

/** The header as it leaves: one character for each octet. */
function outgoingHeader({ fields, rest }: SplitMessage, mail: Outgoing): string {
  const { trace, now, to, author, stream, unsubscribe } = mail;
  const has = (wanted: string): boolean => fields.some(({ name }) => name === wanted);
  const kept = fields.filter(({ name }) => !TAKEN_OUT.has(name) && !isRequestHeader(name)).map(({ text }) => text);
  if (!has("date")) kept.push(`Date: ${dateText(now)}\r\n`);
  const given = fields.find(({ name }) => name === "message-id")?.value;
  const messageId = given ?? `<${randomUUID()}@${domainFor(author)}>`;
  if (given === undefined) kept.push(`Message-ID: ${messageId}\r\n`);
  // Text of 8 bits that says nothing of itself, as simple programs send it: it is about to be encoded, and must say so.
  if (!has("mime-version") && !isAscii(rest)) {
    kept.push("MIME-Version: 1.0\r\n");
    if (!has("content-type"))
      kept.push(`Content-Type: text/plain; charset=${isUtf8(rest) ? "utf-8" : "unknown-8bit"}\r\n`);
  }
  const leave = unsubscribe === undefined ? "" : unsubscribeFields(fields, { to, stream, messageId }, unsubscribe);
  return receivedField(trace, now) + leave + kept.join("");
}

/** A domain for a Message-ID: the author's, where it can stand there as it is. */
function domainFor({ address }: Mailbox): string {
  const domain = address.slice(address.lastIndexOf("@") + 1);
  return /^[\w.-]+$/.test(domain) ? domain : "waxseal.invalid";
}

/**
 * The octets as any server takes them: a part of 8 bits, or with lines too long, is encoded again. A message whose header
 * holds UTF-8 stays as it is; the servers that take such a header take 8 bits too (RFC 6531, section 3.1).
 */
function sevenBit(header: string, rest: Buffer, smtpUtf8: boolean): Buffer {
  const head = Buffer.from(header, "latin1");
  const octets = Buffer.concat([head, rest]);
  return smtpUtf8 && !isAscii(head) ? octets : sevenBitMessage(octets, "message");
}
