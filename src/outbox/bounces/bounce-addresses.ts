/** Bounce addresses that say which message and recipient they were made for (VERP), signed so that nobody can make one up. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { findUnknownOption } from "../../base/index.ts";
import { OutboxError } from "../errors.ts";

/** Where bounces go; one of the three. */
export interface BounceAddressOptions {
  /** Signs the addresses; of several, the first does, and all are still read. At least 16 characters each. */
  secret: string | readonly string[];
  /** A domain of its own, all of whose mail comes to us: `bounces.example.com` gives `b...@bounces.example.com`. */
  domain?: string;
  /** A mailbox that takes `+` and more: `bounces@example.com` gives `bounces+...@example.com`. */
  mailbox?: string;
}

/** What a bounce address says. */
export interface BounceTarget {
  /** The message's id in the outbox. */
  id: string;
  /** The recipient's place in the message; undefined where the address is for all of them. */
  position: number | undefined;
}

/** Makes bounce addresses and reads them again. */
export interface BounceAddresses {
  /**
   * The envelope sender of a message, or of its delivery to one recipient.
   *
   * @throws OutboxError `WX_OUTBOX_BOUNCE_ADDRESS` for an id that is no UUID or a position above 65,534
   */
  write(id: string, position?: number): string;
  /** What an address says; undefined for one that we did not make. */
  read(address: string): BounceTarget | undefined;
}

/** RFC 5321, section 4.5.3.1.1, in octets. */
const LONGEST_LOCAL_PART = 64;
const ID_BYTES = 16;
const POSITION_BYTES = 2;
/** 80 bits: nobody guesses one by sending mails. */
const SIGNATURE_BYTES = 10;
/** Stands for all recipients of a message. */
const ALL = 0xffff;
/** In letters and digits of one case, since servers on the way may change it. 28 bytes give 45 of them. */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const TOKEN_LENGTH = Math.ceil(((ID_BYTES + POSITION_BYTES + SIGNATURE_BYTES) * 8) / 5);
const SHORTEST_SECRET = 16;

/**
 * Bounce addresses at a domain, or in a mailbox with `+`.
 *
 * The signature is an HMAC-SHA256 of the message's id and the recipient's place, with a key derived for this purpose
 * alone, cut to 80 bits.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS` for a short secret, a mailbox too long for it, neither or both places
 * @example
 * const addresses = createBounceAddresses({ secret, domain: "bounces.example.com" });
 * addresses.read(addresses.write(id, 0)); // { id, position: 0 }
 */
export function createBounceAddresses(options: BounceAddressOptions): BounceAddresses {
  const { prefix, domain } = placeOf(options);
  const keys = keysOf(options.secret);
  return {
    write: (id, position) => {
      const content = contentOf(id, position);
      const [key] = keys;
      return `${prefix}${toBase32(Buffer.concat([content, signatureOf(content, key)]))}@${domain}`;
    },
    read: (address) => {
      const at = address.lastIndexOf("@");
      const local = address.slice(0, at).toLowerCase();
      if (address.slice(at + 1).toLowerCase() !== domain || !local.startsWith(prefix)) return undefined;
      const bytes = fromBase32(local.slice(prefix.length));
      return bytes === undefined ? undefined : readContent(bytes, keys);
    },
  };
}

function placeOf(options: BounceAddressOptions): { prefix: string; domain: string } {
  const unknown = findUnknownOption(options, ["secret", "domain", "mailbox"]);
  if (unknown !== undefined) throw bad(`There is no option "${unknown.name}". ${unknown.hint}`);
  const { domain, mailbox } = options;
  if ((domain === undefined) === (mailbox === undefined)) throw bad("Give either a domain or a mailbox.");
  if (domain !== undefined) {
    if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(domain))
      throw bad(`domain is "${domain}"; it must be one such as bounces.example.com.`);
    return { prefix: "b", domain: domain.toLowerCase() };
  }
  const parts = /^([a-z0-9._-]+)@([a-z0-9-]+(?:\.[a-z0-9-]+)+)$/i.exec(mailbox ?? "");
  if (parts === null) throw bad(`mailbox is "${mailbox}"; it must be an address such as bounces@example.com.`);
  const [, local = "", host = ""] = parts;
  const longest = LONGEST_LOCAL_PART - TOKEN_LENGTH - 1;
  if (local.length > longest) {
    throw bad(`mailbox has ${local.length} characters before the @; there is room for ${longest}.`);
  }
  return { prefix: `${local.toLowerCase()}+`, domain: host.toLowerCase() };
}

function keysOf(secret: string | readonly string[]): [Buffer, ...Buffer[]] {
  const secrets = typeof secret === "string" ? [secret] : secret;
  if (secrets.length === 0 || secrets.some((one) => typeof one !== "string" || one.length < SHORTEST_SECRET)) {
    throw bad(`secret must have at least ${SHORTEST_SECRET} characters.`);
  }
  // A key for this purpose alone: a signature made elsewhere with the same secret is none here.
  const keys = secrets.map((one) => createHmac("sha256", one).update("waxseal bounce address 1").digest());
  return keys as [Buffer, ...Buffer[]]; // there is one at least
}

function contentOf(id: string, position: number = ALL): Buffer {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
    throw badTarget(`The message's id is "${id}", which is no UUID.`);
  if (!Number.isInteger(position) || position < 0 || position > ALL)
    throw badTarget(`The recipient's position is ${position}.`);
  const content = Buffer.alloc(ID_BYTES + POSITION_BYTES);
  content.write(id.replaceAll("-", ""), "hex");
  content.writeUInt16BE(position, ID_BYTES);
  return content;
}

function readContent(bytes: Buffer, keys: readonly Buffer[]): BounceTarget | undefined {
  const content = bytes.subarray(0, ID_BYTES + POSITION_BYTES);
  const signature = bytes.subarray(content.length);
  if (!keys.some((key) => timingSafeEqual(signature, signatureOf(content, key)))) return undefined;
  const id = content.toString("hex", 0, ID_BYTES).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  const position = content.readUInt16BE(ID_BYTES);
  return { id, position: position === ALL ? undefined : position };
}

function signatureOf(content: Buffer, key: Buffer): Buffer {
  return createHmac("sha256", key).update(content).digest().subarray(0, SIGNATURE_BYTES);
}

function toBase32(bytes: Buffer): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += ALPHABET[(value >> (bits - 5)) & 31];
    value &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(value << (5 - bits)) & 31];
}

/** Undefined unless it is as long as all of ours and has none but the alphabet's characters. */
function fromBase32(text: string): Buffer | undefined {
  if (text.length !== TOKEN_LENGTH) return undefined;
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return undefined;
    value = (value << 5) | digit;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(value >> bits);
    value &= (1 << bits) - 1;
  }
  return value === 0 ? Buffer.from(bytes) : undefined;
}

function bad(text: string): OutboxError {
  return new OutboxError("WX_OUTBOX_OPTIONS", `createBounceAddresses: ${text}`);
}

function badTarget(text: string): OutboxError {
  return new OutboxError("WX_OUTBOX_BOUNCE_ADDRESS", `No bounce address can be made: ${text}`);
}
