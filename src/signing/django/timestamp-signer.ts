/** django.core.signing's TimestampSigner: `value:time:signature`, the time in base 62. */
import { BadSignature, BadTimeSignature, SignatureExpired, SigningUsageError } from "../errors.ts";
import type { JsonValue } from "../json-reader.ts";
import { checkOptions } from "../options.ts";
import { decodeBase62, encodeBase62 } from "./radix.ts";
import { type ObjectOptions, Signer, type SignerOptions } from "./signer.ts";

/** How a signature's age is looked at. */
export interface AgeOptions {
  /** How old the signature may be, in seconds. Without it any age is good. */
  readonly maxAge?: number | null | undefined;
}

const DEFAULT_SALT = "django.core.signing.TimestampSigner";

/** The end of the year 9999, where Python's dates end, in Unix seconds. */
const LAST_SECOND = 253_402_300_799;

/**
 * Signs texts together with the time, as Django's class of this name does, byte for byte.
 *
 * @example
 * const signer = new TimestampSigner({ key: secretKey });
 * signer.unsign(signer.sign("42"), { maxAge: 3600 }); // "42"; after an hour SignatureExpired
 */
export class TimestampSigner extends Signer {
  readonly #now: () => number;

  /** @throws SigningUsageError as Signer's. */
  constructor(options: SignerOptions) {
    super({ ...options, salt: options.salt?.length ? options.salt : DEFAULT_SALT });
    this.#now = options.now ?? (() => Date.now() / 1000);
  }

  /** The time in whole Unix seconds, in base 62. */
  timestamp(): string {
    const seconds = Math.trunc(this.#now());
    if (seconds >= 0 && seconds <= LAST_SECOND) return encodeBase62(seconds);
    throw new SigningUsageError("WX_SIGNING_VALUE", `now() gave ${seconds}, which is no Unix time`);
  }

  /** `value`, the separator, the time, the separator, and the signature of both. */
  override sign(value: string | Uint8Array): string {
    const time = this.sep + this.timestamp();
    return super.sign(typeof value === "string" ? value + time : Buffer.concat([value, Buffer.from(time)]));
  }

  /**
   * The value that was signed. As in Django a time to come counts as young.
   *
   * @throws SignatureExpired WX_SIGNATURE_EXPIRED where it is older than `maxAge`, BadTimeSignature WX_BAD_TIME_SIGNATURE
   * where the signature is good and has no time, BadSignature WX_BAD_SIGNATURE where it is missing or wrong.
   */
  override unsign(signed: string, options: AgeOptions = {}): string {
    checkOptions("unsign", options, ["maxAge"]);
    const text = super.unsign(signed);
    const end = text.lastIndexOf(this.sep);
    const seconds = end === -1 ? undefined : decodeBase62(text.slice(end + this.sep.length));
    if (seconds === undefined || seconds > LAST_SECOND) {
      throw new BadTimeSignature("the signature has no time that can be read", { payload: text });
    }
    const payload = text.slice(0, end);
    const { maxAge = null } = options;
    // A clock or maxAge that is NaN must not keep tokens alive, hence the negation.
    if (maxAge !== null && !(this.#now() - seconds <= maxAge)) {
      throw new SignatureExpired("the signature's time is over", { payload, dateSigned: new Date(seconds * 1000) });
    }
    return payload;
  }

  /** True when `unsign` accepts `signed` with this `maxAge`. */
  override validate(signed: string, options: AgeOptions = {}): boolean {
    try {
      this.unsign(signed, options);
      return true;
    } catch (error) {
      if (error instanceof BadSignature) return false;
      throw error;
    }
  }

  /**
   * What `signObject` signed.
   *
   * @throws BadData's subclasses as `unsign`, and BadPayload WX_BAD_PAYLOAD where the payload cannot be decoded.
   */
  override unsignObject<T = JsonValue>(signed: string, options: ObjectOptions<T> & AgeOptions = {}): T {
    checkOptions("unsignObject", options, ["serializer", "maxAge"]);
    return this.readObject(this.unsign(signed, { maxAge: options.maxAge }), options.serializer);
  }
}
