/** Writes messages to a terminal, decoded for a person: readable in any language, links whole. */
import type { Address, Email } from "postal-mime";
import { describeError } from "../../base/index.ts";
import { type Backend, receiptForAll, type Envelope } from "../backend.ts";
import { DeliveryError } from "../errors.ts";
import { SEPARATOR } from "./separator.ts";

/** Where the messages are printed. */
export interface ConsoleBackendOptions {
  /** Default: standard output. */
  stream?: NodeJS.WritableStream | undefined;
}

/** A backend that shows each message: its headers, its text (or its HTML where it has no text), its attachments' names. */
export function consoleBackend({ stream = process.stdout }: ConsoleBackendOptions = {}): Backend {
  return {
    send: async (envelope, bytes) => {
      const { default: PostalMime } = await import("postal-mime");
      await write(stream, describe(await PostalMime.parse(bytes), envelope) + SEPARATOR);
      return receiptForAll(envelope, "console");
    },
  };
}

function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(unwritable(error)) : resolve()));
  });
}

function unwritable(cause: Error): DeliveryError {
  const text = `The message could not be written to the console: ${describeError(cause)}`;
  return new DeliveryError(text, { retryable: false, outcome: "not-sent", server: "console", cause });
}

function describe(email: Email, envelope: Envelope): string {
  const lines: [string, string | undefined][] = [
    ["Subject", email.subject],
    ["From", people(email.from === undefined ? [] : [email.from])],
    ["To", people(email.to)],
    ["Cc", people(email.cc)],
    ["Reply-To", people(email.replyTo)],
    ["Date", email.date],
    ["Message-ID", email.messageId],
    ["Envelope", `${envelope.from} -> ${envelope.to.join(", ")}`],
  ];
  const head = lines.flatMap(([name, value]) => (value === undefined || value === "" ? [] : [`${name}: ${value}\n`]));
  return printable(`${head.join("")}\n${bodyText(email)}\n${attachmentLines(email)}`);
}

function bodyText({ text = "", html = "" }: Email): string {
  if (text.trim() === "") return `${html.trimEnd()}\n`;
  return `${text.trimEnd()}\n${html === "" ? "" : `\n[and as HTML, ${html.length} characters]\n`}`;
}

function attachmentLines({ attachments }: Email): string {
  const lines = attachments.map(({ filename, mimeType, content }) => {
    const size = typeof content === "string" ? content.length : content.byteLength;
    return `[attachment ${filename ?? "without a name"}, ${mimeType}, ${size} bytes]\n`;
  });
  return lines.length === 0 ? "" : `${lines.join("")}\n`;
}

function people(addresses: readonly Address[] = []): string {
  return addresses.map(person).join(", ");
}

function person({ name, address = "" }: Address): string {
  return name === "" ? address : `${name} <${address}>`;
}

/** The text without what could move a terminal's cursor or change its colours. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- finding control characters is what it is for
  return text.replace(/\r\n/g, "\n").replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "\uFFFD");
}
