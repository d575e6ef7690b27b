/** itsdangerous' TimedJSONWebSignatureSerializer: tokens whose header says when they were made and when they end. */
import { BadHeader, BadSignature, SignatureExpired, SigningUsageError } from "./errors.ts";
import type { JsonObject, JsonValue } from "./json-reader.ts";
import { JSONWebSignatureSerializer, type JSONWebSignatureSerializerOptions } from "./json-web-signature-serializer.ts";
import { checkOptions } from "./options.ts";
import type { SecretKey } from "./secret-key.ts";

/** What may be set of a serializer whose tokens end; a misspelt name is refused. */
export interface TimedJSONWebSignatureSerializerOptions extends JSONWebSignatureSerializerOptions {
  /** How long a token is good, in seconds; it is good during its last second too. Default 3600. */
  readonly expiresIn?: number;
  /** The time in Unix seconds. Default: the machine's. */
  readonly now?: () => number;
}

const DEFAULT_EXPIRES_IN_SECONDS = 3600;

/** A string that Python's `int()` takes. */
const INTEGER_TEXT = /^\s*[+-]?\d+(?:_\d+)*\s*$/;

/** More digits than any date has; Python reads up to 4300. */
const MAX_INTEGER_TEXT = 4300;

/** `exp` as Python's `int()` reads it; undefined where it is no whole number or lies before 1970. */
function readExpiry(exp: JsonValue | undefined): number | bigint | undefined {
  let seconds: number | bigint | undefined;
  if (typeof exp === "bigint") seconds = exp;
  else if (typeof exp === "number") seconds = Math.trunc(exp);
  else if (typeof exp === "string" && exp.length <= MAX_INTEGER_TEXT && INTEGER_TEXT.test(exp)) {
    seconds = BigInt(exp.trim().replaceAll("_", "").replace(/^\+/, ""));
    if (Number.isSafeInteger(Number(seconds))) seconds = Number(seconds);
  }
  return seconds === undefined || seconds < 0 || seconds === Infinity ? undefined : seconds;
}

/** `iat` as a Date; undefined where it is no number or no date. */
function readIssueDate(iat: JsonValue | undefined): Date | undefined {
  if (typeof iat !== "number") return undefined;
  const date = new Date(Math.trunc(iat) * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/**
 * Writes and reads tokens that itsdangerous' class of this name reads and writes, byte for byte.
 *
 * @example
 * const serializer = new TimedJSONWebSignatureSerializer("a secret", { expiresIn: 3600 });
 * const token = serializer.dumps({ confirm: 1 });
 * serializer.loads(token); // { confirm: 1 }; an hour later SignatureExpired, which still carries the payload
 */
export class TimedJSONWebSignatureSerializer extends JSONWebSignatureSerializer {
  readonly expiresIn: number;
  readonly #now: () => number;

  /**
   * @throws SigningUsageError WX_SIGNING_KEY for an empty key, WX_SIGNING_OPTION for an unknown option, an unknown
   * algorithm or an `expiresIn` that is no number.
   */
  constructor(secretKey: SecretKey, options: TimedJSONWebSignatureSerializerOptions = {}) {
    checkOptions("the serializer", options, ["expiresIn", "salt", "algorithmName", "now", "lenient", "maxTokenBytes"]);
    const { expiresIn = DEFAULT_EXPIRES_IN_SECONDS, now = () => Date.now() / 1000, ...others } = options;
    super(secretKey, others);
    if (!Number.isFinite(expiresIn)) {
      throw new SigningUsageError("WX_SIGNING_OPTION", "expiresIn must be a number of seconds");
    }
    this.expiresIn = expiresIn;
    this.#now = () => Math.trunc(now());
  }

  protected override makeHeader(headerFields: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const issuedAt = this.#now();
    return { ...super.makeHeader(headerFields), iat: issuedAt, exp: issuedAt + this.expiresIn };
  }

  /**
   * Also checks the time.
   *
   * @throws SignatureExpired WX_SIGNATURE_EXPIRED with the decoded payload, BadHeader for an `exp` that is no date,
   * BadSignature where it is missing.
   */
  protected override loadsChecked(token: string, salt?: string | Uint8Array): [value: JsonValue, header: JsonObject] {
    const [payload, header] = super.loadsChecked(token, salt);
    if (!Object.hasOwn(header, "exp")) throw new BadSignature("the token does not say when it ends", { payload });
    const expiry = readExpiry(header["exp"]);
    if (expiry === undefined) throw new BadHeader("the token's end is not a date", { payload });
    // A clock that gives NaN must not keep tokens alive, hence the negation.
    if (!(expiry >= this.#now())) {
      const dateSigned = Object.hasOwn(header, "iat") ? readIssueDate(header["iat"]) : undefined;
      throw new SignatureExpired("the token's time is over", { payload, dateSigned });
    }
    return [payload, { ...header, exp: expiry }];
  }
}
