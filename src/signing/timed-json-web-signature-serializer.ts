/** itsdangerous' TimedJSONWebSignatureSerializer: tokens whose header says when they were made and when they end. */
import { BadHeader, BadSignature, SignatureExpired, SigningUsageError } from "./errors.ts";
import type { JsonObject, JsonValue } from "./json-reader.ts";
import {
  JSONWebSignatureSerializer,
  type JSONWebSignatureSerializerOptions,
  jwsOptionNames,
} from "./json-web-signature-serializer.ts";
import { checkOptions } from "./options.ts";
import type { SecretKey } from "./secret-key.ts";

/** What may be set of a serializer whose tokens end; a misspelt name is refused. */
export interface TimedJSONWebSignatureSerializerOptions<T = JsonValue> extends JSONWebSignatureSerializerOptions<T> {
  /** How long a token is good, in seconds; it is good during its last second too. Default 3600. */
  readonly expiresIn?: number;
}

const DEFAULT_EXPIRES_IN_SECONDS = 3600;

/** A string that Python's `int()` takes. */
const INTEGER_TEXT = /^\s*[+-]?\d+(?:_\d+)*\s*$/;

/** More digits than any date has; Python reads up to 4300. */
const MAX_INTEGER_TEXT = 4300;

/** `exp` as Python's `int()` reads it, `true` as 1 included; undefined where it is no number or lies before 1970. */
function readExpiry(exp: JsonValue | undefined): number | bigint | undefined {
  let seconds: number | bigint | undefined;
  if (typeof exp === "bigint") seconds = exp;
  else if (typeof exp === "number" || typeof exp === "boolean") seconds = Math.trunc(Number(exp));
  else if (typeof exp === "string" && exp.length <= MAX_INTEGER_TEXT && INTEGER_TEXT.test(exp)) {
    seconds = BigInt(exp.trim().replaceAll("_", "").replace(/^\+/, ""));
    if (Number.isSafeInteger(Number(seconds))) seconds = Number(seconds);
  }
  // The comparison fails for NaN too.
  return seconds !== undefined && seconds >= 0 && seconds < Infinity ? seconds : undefined;
}

/** `iat` as a Date; undefined where it is no number (Python's `true` is one) or no date. */
function readIssueDate(iat: JsonValue | undefined): Date | undefined {
  if (typeof iat !== "number" && typeof iat !== "boolean") return undefined;
  const date = new Date(Math.trunc(Number(iat)) * 1000);
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
export class TimedJSONWebSignatureSerializer<T = JsonValue> extends JSONWebSignatureSerializer<T> {
  readonly expiresIn: number;
  readonly #now: () => number;
  /** The header of the tokens of one second, and which second that is. */
  #header = "";
  #headerSecond = NaN;

  /**
   * @throws SigningUsageError WX_SIGNING_KEY for an empty or too short key, WX_SIGNING_OPTION for an unknown option, an
   * unknown algorithm or an `expiresIn` that is no number.
   */
  constructor(secretKey: SecretKey, options: TimedJSONWebSignatureSerializerOptions<T> = {}) {
    checkOptions("the serializer", options, [...jwsOptionNames, "expiresIn"]);
    const { expiresIn = DEFAULT_EXPIRES_IN_SECONDS, ...others } = options;
    super(secretKey, others);
    if (!Number.isFinite(expiresIn)) {
      throw new SigningUsageError("WX_SIGNING_OPTION", "expiresIn must be a number of seconds");
    }
    const now = options.now ?? (() => Date.now() / 1000);
    this.expiresIn = expiresIn;
    this.#now = () => Math.trunc(now());
  }

  protected override makeHeader(issuedAt: number = this.#now()): Record<string, unknown> {
    return { ...super.makeHeader(), iat: issuedAt, exp: issuedAt + this.expiresIn };
  }

  protected override plainHeader(): string {
    const second = this.#now();
    if (second !== this.#headerSecond) {
      this.#header = this.encodeHeader(this.makeHeader(second));
      this.#headerSecond = second;
    }
    return this.#header;
  }

  /**
   * Also checks the time.
   *
   * @throws SignatureExpired WX_SIGNATURE_EXPIRED with the decoded payload, BadHeader for an `exp` that is no date,
   * BadSignature where it is missing.
   */
  protected override loadsChecked(token: string, salt?: string | Uint8Array): [value: T, header: JsonObject] {
    const [payload, header] = super.loadsChecked(token, salt);
    if (!Object.hasOwn(header, "exp")) throw new BadSignature("the token does not say when it ends", { payload });
    const expiry = readExpiry(header["exp"]);
    if (expiry === undefined) throw new BadHeader("the token's end is not a date", { payload });
    // A clock that gives NaN must not keep tokens alive, hence the negation.
    if (!(expiry >= this.#now())) {
      const dateSigned = Object.hasOwn(header, "iat") ? readIssueDate(header["iat"]) : undefined;
      throw new SignatureExpired("the token's time is over", { payload, dateSigned });
    }
    return [payload, expiry === header["exp"] ? header : { ...header, exp: expiry }];
  }
}
