/** Signs finished messages with DKIM (RFC 6376; Ed25519 by RFC 8463). */
import { createHash, sign } from "node:crypto";
import { type Clock, type Logger, silentLogger, systemClock } from "../../base/index.ts";
import { MessageError } from "../errors.ts";
import { bodyHash, type Canonicalization } from "./canonical-body.ts";
import { canonicalField, fieldsToSign, type HeaderField, headerFields } from "./canonical-header.ts";
import { type DkimKey, readDkimKeys, type SignaturePlan } from "./options.ts";
import { signedField, unsignedField } from "./signature-field.ts";
import { namesToSign } from "./signed-names.ts";

/** Holds the keys, and signs with each of them. */
export interface DkimSigner {
  /**
   * The message with its signatures before it; what was given is not changed.
   *
   * @param bytes RFC 5322 with CRLF line ends, as it will be on the wire.
   * @param at The time of the signature, in milliseconds since 1970. Default: now.
   * @throws MessageError WX_MESSAGE_DKIM when it has no From
   */
  sign(bytes: Uint8Array, at?: number): Uint8Array;
}

/** What signing needs from around it. */
export interface DkimContext {
  /** Default: the machine's. */
  clock?: Clock | undefined;
  /** Is told of a key that is accepted but weak. */
  logger?: Logger | undefined;
}

/**
 * Reads the keys once, to sign any number of messages.
 *
 * @throws MailerError WX_MAILER_DKIM for a key or an option that cannot be used
 * @example
 * const signer = createDkimSigner({ domain: "example.com", selector: "mail2026", privateKey: readFileSync("dkim.pem") });
 * const signed = signer.sign(bytes);
 */
export function createDkimSigner(keys: DkimKey | readonly DkimKey[], context: DkimContext = {}): DkimSigner {
  const { clock = systemClock, logger = silentLogger } = context;
  const plans = readDkimKeys(keys);
  for (const { domain, selector, warning } of plans) {
    if (warning !== undefined) logger.log("warn", "mail.dkim-key", { domain, selector, warning });
  }
  return { sign: (bytes, at = clock.now()) => signAll(bytes, plans, Math.floor(at / 1000)) };
}

/**
 * Signs one message. Whoever signs many makes a signer once, which reads the keys only once.
 *
 * @throws MailerError WX_MAILER_DKIM; MessageError WX_MESSAGE_DKIM when the message has no From, or a CR or LF by itself
 * @example
 * const signed = signDkim(bytes, { domain: "example.com", selector: "mail2026", privateKey });
 */
export function signDkim(bytes: Uint8Array, keys: DkimKey | readonly DkimKey[], context?: DkimContext): Uint8Array {
  const signer = createDkimSigner(keys, context);
  requireCrlf(bytes);
  return signer.sign(bytes);
}

/** A server on the way would turn a bare CR or LF into CRLF, or refuse it: either way the signature would not hold. */
function requireCrlf(bytes: Uint8Array): void {
  const [CR, LF] = [0x0d, 0x0a];
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] !== CR) throw unsignable("has a line that ends in LF alone", "End every line in CRLF");
  }
  for (let at = bytes.indexOf(CR); at !== -1; at = bytes.indexOf(CR, at + 1)) {
    if (bytes[at + 1] !== LF) throw unsignable("has a CR without an LF", "End every line in CRLF");
  }
}

function unsignable(problem: string, fix: string): MessageError {
  return new MessageError("WX_MESSAGE_DKIM", { field: "message", problem, fix });
}

const END_OF_HEADER = Buffer.from("\r\n\r\n");

/** Every signature covers the message as it was given, and none of them another. */
function signAll(bytes: Uint8Array, plans: readonly SignaturePlan[], now: number): Uint8Array {
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = message.indexOf(END_OF_HEADER);
  const fields = headerFields(message.toString("latin1", 0, end === -1 ? message.length : end));
  if (!fields.some(({ name }) => name === "from")) throw unsignable("has no From to sign", "Set the sender");
  const body = message.subarray(end === -1 ? message.length : end + END_OF_HEADER.length);
  const hashes = new Map<Canonicalization, string>();
  const hashOf = (canonicalization: Canonicalization): string => {
    const hash = hashes.get(canonicalization) ?? bodyHash(body, canonicalization);
    hashes.set(canonicalization, hash);
    return hash;
  };
  const signatures = plans.map((plan) => signatureOf(plan, fields, hashOf(plan.body), now));
  return Buffer.concat([Buffer.from(signatures.join(""), "latin1"), message]);
}

function signatureOf(plan: SignaturePlan, fields: readonly HeaderField[], hash: string, now: number): string {
  const names = namesToSign(fields, plan);
  const unsigned = unsignedField({
    algorithm: plan.algorithm,
    canonicalization: `${plan.header}/${plan.body}`,
    domain: plan.domain,
    selector: plan.selector,
    signedAt: now,
    expiresAt: plan.expirationSeconds === undefined ? undefined : now + plan.expirationSeconds,
    names,
    bodyHash: hash,
  });
  return signedField(unsigned, signatureValue(plan, signedText(fieldsToSign(fields, names), unsigned, plan.header)));
}

/** Section 3.7: the fields in the order of `h=`, then the signature's own, which no CRLF ends. */
export function signedText(
  fields: readonly HeaderField[],
  unsigned: string,
  canonicalization: Canonicalization,
): string {
  const own = { name: "dkim-signature", text: unsigned };
  return [...fields, own].map((field) => canonicalField(field, canonicalization)).join("\r\n");
}

/** The signature of a text in base64. RFC 8463, section 3: Ed25519 signs the text's SHA-256. */
export function signatureValue({ key, algorithm }: Pick<SignaturePlan, "key" | "algorithm">, text: string): string {
  const data = Buffer.from(text, "latin1");
  if (algorithm === "rsa-sha256") return sign("sha256", data, key).toString("base64");
  return sign(null, createHash("sha256").update(data).digest(), key).toString("base64");
}
