/** A finished message taken apart again, for providers that want its fields and not its bytes. */
import type { Address, Attachment, Email } from "postal-mime";
import { toAsciiAddress } from "../../addr-spec.ts";
import type { Envelope } from "../../backend.ts";
import { refuseControlCharacters, refuseUnplainAddresses } from "./doubtful.ts";
import type { Endpoint } from "./endpoint.ts";
import { unsupported } from "./fault.ts";

/** Somebody with a name, or with an empty one. */
export interface Person {
  name: string;
  address: string;
}

/** A file that goes along. */
export interface OutgoingFile {
  filename: string;
  contentType: string;
  /** In base64. */
  content: string;
  /** Without angle brackets; undefined where nothing refers to it. */
  contentId: string | undefined;
}

/** The fields of a message. Every recipient of the envelope stands in exactly one of `to`, `cc` and `bcc`. */
export interface OutgoingMessage {
  from: Person;
  to: Person[];
  cc: Person[];
  bcc: Person[];
  replyTo: Person[];
  subject: string;
  /** Empty for none. */
  text: string;
  html: string;
  /** Further forms of the body, such as AMP. */
  alternatives: { contentType: string; content: string }[];
  files: OutgoingFile[];
  /** With its angle brackets; empty for none. */
  messageId: string;
  /** What is left of the header, as it stands in the message: pure ASCII, unfolded. */
  headers: [name: string, value: string][];
}

/** What has a field of its own, or is written anew by whoever puts the message together. */
const WRITTEN_ELSEWHERE =
  /^(?:from|to|cc|bcc|reply-to|subject|date|message-id|mime-version|content-.*|received|return-path|dkim-signature|arc-.*)$/;

/**
 * Takes a message apart.
 *
 * @throws DeliveryError where nothing but the message's own bytes could say it: no From, or several hidden recipients
 *   and nobody else, or what an API could misread
 */
export async function readOutgoing(
  endpoint: Endpoint,
  envelope: Envelope,
  bytes: Uint8Array,
): Promise<OutgoingMessage> {
  const { default: PostalMime } = await import("postal-mime");
  const email = await PostalMime.parse(bytes, { forceRfc822Attachments: true });
  const [from] = flatten(email.from === undefined ? [] : [email.from]);
  if (from === undefined) throw unsupported(endpoint, "it has no From", "Set the message's from.");
  const message: OutgoingMessage = {
    from,
    ...recipientsOf(endpoint, envelope, email),
    replyTo: flatten(email.replyTo),
    subject: email.subject ?? "",
    text: withLineFeeds(email.text),
    html: withLineFeeds(email.html),
    alternatives: email.attachments.filter(isAlternative).map(toAlternative),
    files: filesOf(email),
    messageId: email.messageId ?? "",
    headers: email.headers.flatMap(({ key, originalKey, value }) =>
      WRITTEN_ELSEWHERE.test(key) ? [] : [[originalKey, value] as [string, string]],
    ),
  };
  refuseDoubtful(endpoint, message);
  return message;
}

/** What a raw message may say in ways that a provider, which writes these fields anew, could read otherwise. */
function refuseDoubtful(endpoint: Endpoint, message: OutgoingMessage): void {
  const { from, to, cc, replyTo, subject, files, messageId, headers } = message;
  const people = [from, ...to, ...cc, ...replyTo];
  refuseUnplainAddresses(endpoint, addressesOf(people));
  refuseControlCharacters(endpoint, [
    subject,
    messageId,
    ...people.map(({ name }) => name),
    ...files.flatMap(({ filename, contentType, contentId }) => [filename, contentType, contentId ?? ""]),
    ...headers.flat(),
  ]);
}

/** Bodies as JSON and forms have them. */
function withLineFeeds(text = ""): string {
  return text.replaceAll("\r\n", "\n");
}

/** Fails where the message has forms of its body that the provider's API has no field for. */
export function refuseAlternatives(endpoint: Endpoint, { alternatives }: OutgoingMessage): void {
  const [first] = alternatives;
  if (first === undefined) return;
  const advice = "Leave that form of the body out, or send this message by SMTP.";
  throw unsupported(endpoint, `its API has no field for a body of type ${first.contentType}`, advice);
}

/**
 * Guarantee: only the envelope's recipients are named, since a provider sends to whom it is told of. Those that stand in
 * no header are hidden. A provider wants a To: where nobody stands there, the Cc do, or the only hidden recipient does.
 */
function recipientsOf(
  endpoint: Endpoint,
  { to: recipients }: Envelope,
  email: Email,
): Pick<OutgoingMessage, "to" | "cc" | "bcc"> {
  const left = new Map(recipients.map((address) => [keyOf(address), address]));
  const take = (people: readonly Person[]): Person[] =>
    people.flatMap(({ name, address }) => {
      const recipient = left.get(keyOf(address));
      return recipient !== undefined && left.delete(keyOf(address)) ? [{ name, address: recipient }] : [];
    });
  const to = take(flatten(email.to));
  const cc = take(flatten(email.cc));
  const bcc = [...left.values()].map((address) => ({ name: "", address }));
  if (to.length > 0) return { to, cc, bcc };
  if (cc.length > 0) return { to: cc, cc: [], bcc };
  if (bcc.length === 1) return { to: bcc, cc: [], bcc: [] };
  const advice = "Name somebody in to, or send one message to each.";
  throw unsupported(endpoint, "all of its recipients are hidden (bcc), and its API wants one in To", advice);
}

/** What two writings of one address have in common; case matters before the @ only. */
function keyOf(address: string): string {
  const at = address.lastIndexOf("@");
  const ascii = /^[\x21-\x7e]+$/.test(address) ? address : asciiOrSame(address);
  return ascii.slice(0, at) + ascii.slice(at).toLowerCase();
}

function asciiOrSame(address: string): string {
  try {
    return toAsciiAddress(address);
  } catch {
    return address;
  }
}

function flatten(addresses: readonly Address[] = []): Person[] {
  return addresses.flatMap((address) => address.group ?? [{ name: address.name, address: address.address }]);
}

/** A form of the body, and no file: it has no name and is not said to be one. A calendar is a file to those who lack it. */
function isAlternative({ filename, disposition, mimeType, contentId }: Attachment): boolean {
  const isUnnamed = filename === null && disposition === null && contentId === undefined;
  return isUnnamed && mimeType.startsWith("text/") && mimeType !== "text/calendar";
}

function toAlternative({ mimeType, content }: Attachment): { contentType: string; content: string } {
  return { contentType: mimeType, content: bytesOf(content).toString() };
}

function bytesOf(content: Attachment["content"]): Buffer {
  if (typeof content === "string") return Buffer.from(content);
  return content instanceof Uint8Array ? Buffer.from(content) : Buffer.from(content, 0, content.byteLength);
}

function filesOf({ attachments }: Email): OutgoingFile[] {
  const files = attachments.filter((file) => !isAlternative(file));
  const hasNamedCalendar = files.some(({ filename, mimeType }) => filename !== null && isCalendar(mimeType));
  return files
    .filter(({ filename, mimeType }) => !(filename === null && isCalendar(mimeType) && hasNamedCalendar))
    .map(toFile);
}

function isCalendar(mimeType: string): boolean {
  return mimeType === "text/calendar" || mimeType === "application/ics";
}

function toFile({ filename, mimeType, method, content, contentId }: Attachment, index: number): OutgoingFile {
  return {
    filename: filename ?? (isCalendar(mimeType) ? "invite.ics" : `attachment-${index + 1}`),
    contentType: method === undefined ? mimeType : `${mimeType}; method=${method}`,
    content: bytesOf(content).toString("base64"),
    contentId: contentId?.replace(/^<|>$/g, ""),
  };
}

/** `name <address>`, the name in quotes where it holds anything but letters, digits and blanks. */
export function written({ name, address }: Person): string {
  if (name === "") return address;
  const isPlain = /^[\p{L}\p{N} ]+$/u.test(name);
  return `${isPlain ? name : `"${name.replace(/["\\]/g, String.raw`\$&`)}"`} <${address}>`;
}

/** The addresses alone. */
export function addressesOf(people: readonly Person[]): string[] {
  return people.map(({ address }) => address);
}
