/** What the comparisons with Django share: mailers in memory, and a composed message taken apart. */
import { type ParsedMail, simpleParser } from "mailparser";
import PostalMime, { type Email } from "postal-mime";
import {
  createMail,
  createMailers,
  memoryBackend,
  type Mail,
  type MailOptions,
  type MemoryBackend,
  type MessageFields,
} from "../../src/mail/index.ts";

/** Two mailers that keep what they get: the default one, and `custom`. */
export function setUp(options: Partial<MailOptions> = {}): {
  mail: Mail;
  memory: MemoryBackend;
  custom: MemoryBackend;
} {
  const [memory, custom] = [memoryBackend(), memoryBackend()];
  const mailers = createMailers({ default: memory, custom });
  return { memory, custom, mail: createMail({ mailers, defaultFromEmail: "webmaster@example.com", ...options }) };
}

/** A message on the wire, and what two parsers make of it. */
export interface Wire {
  raw: string;
  envelope: { from: string; to: readonly string[] };
  postal: Email;
  parser: ParsedMail;
}

/** Composes a message as it would be sent to ann@example.com, unless it says otherwise. */
export async function onTheWire(fields: MessageFields, options?: Partial<MailOptions>): Promise<Wire> {
  const { mail } = setUp(options);
  const message = namesAnybody(fields) ? fields : { ...fields, to: ["ann@example.com"] };
  const { bytes, envelope } = await mail.compose(message);
  return {
    envelope,
    raw: Buffer.from(bytes).toString("latin1"),
    postal: await PostalMime.parse(bytes),
    parser: await simpleParser(Buffer.from(bytes)),
  };
}

function namesAnybody({ to, cc, bcc }: MessageFields): boolean {
  return [to, cc, bcc].some((list) => list !== undefined && list.length > 0);
}

/** The values of a header, unfolded, in their order. */
export function headerValues(raw: string, name: string): string[] {
  const header = raw.slice(0, raw.indexOf("\r\n\r\n")).replace(/\r\n(?=[ \t])/g, "");
  const lines = header.split("\r\n").map((line) => line.split(/:\s*(.*)/s));
  return lines.flatMap(([found = "", value = ""]) => (found.toLowerCase() === name.toLowerCase() ? [value] : []));
}

/** The tree of parts, such as `mixed[alternative[text/plain, text/html], application/pdf]`. */
export function structureOf(raw: string): string {
  const type = headerValues(raw, "Content-Type")[0] ?? "text/plain";
  const media = type.split(";")[0]?.trim() ?? "";
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1];
  if (boundary === undefined) return media;
  const body = raw.slice(raw.indexOf("\r\n\r\n"));
  const parts = body.split(`\r\n--${boundary}`).slice(1, -1);
  return `${media.slice("multipart/".length)}[${parts.map((part) => structureOf(part.replace(/^\r\n/, ""))).join(", ")}]`;
}

/** The leaves of the tree, each with its headers and its body decoded. */
export function partsOf(raw: string): { type: string; header: (name: string) => string; content: Buffer }[] {
  const type = headerValues(raw, "Content-Type")[0] ?? "text/plain";
  const boundary = /^multipart\/.*boundary="?([^";]+)"?/.exec(type)?.[1];
  const end = raw.indexOf("\r\n\r\n");
  const body = raw.slice(end + 4);
  if (boundary !== undefined) {
    return `\r\n${body}`
      .split(`\r\n--${boundary}`)
      .slice(1, -1)
      .flatMap((part) => partsOf(part.replace(/^\r\n/, "")));
  }
  const header = (name: string): string => headerValues(raw, name)[0] ?? "";
  return [{ type, header, content: decoded(body, header("Content-Transfer-Encoding")) }];
}

function decoded(body: string, encoding: string): Buffer {
  if (encoding === "base64") return Buffer.from(body, "base64");
  if (encoding !== "quoted-printable") return Buffer.from(body, "latin1");
  const joined = body.replace(/=\r\n/g, "");
  return Buffer.from(
    joined.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}

/** The code and field of the error that something throws. */
export async function refusal(work: () => unknown): Promise<{ code: string; field: string }> {
  try {
    await work();
  } catch (error) {
    const { code, field } = error as { code: string; field: string };
    return { code, field };
  }
  throw new Error("Nothing was refused");
}
