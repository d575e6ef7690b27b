/** itsdangerous' TimestampSigner: signatures that say when they were made, `value.time.signature`. */
import { BadSignature, BadTimeSignature, SignatureExpired, SigningUsageError } from "./errors.ts";
import { checkOptions } from "./options.ts";
import type { SecretKey } from "./secret-key.ts";
import { Signer, signerOptionNames, type SignerOptions } from "./signer.ts";
import { decodeTimestamp, encodeTimestamp } from "./timestamp.ts";

/** What may be set of a signer that writes the time; a misspelt name is refused. */
export interface TimestampSignerOptions extends SignerOptions {
  /** True to read also times counted from 2011, as itsdangerous before 1.0 wrote them. Default false. */
  readonly legacyEpoch?: boolean;
}

/** How a signature's age is looked at. */
export interface UnsignOptions {
  /** How old the signature may be, in seconds, the last one included. Without it any age is good, even one to come. */
  readonly maxAge?: number | null | undefined;
  /** True to get the pair of value and time. */
  readonly returnTimestamp?: boolean;
}

/** 2011-01-01T00:00:00Z in Unix seconds: where itsdangerous before 1.0 began to count. */
const LEGACY_EPOCH = 1_293_840_000;

const dateOf = (seconds: number | undefined): Date | undefined =>
  seconds === undefined ? undefined : new Date(seconds * 1000);

/**
 * Signs texts together with the time, as itsdangerous' class of this name does, byte for byte.
 *
 * @example
 * const signer = new TimestampSigner(secretKey);
 * const token = signer.sign("42");
 * signer.unsign(token, { maxAge: 3600 }); // "42"; an hour later SignatureExpired
 */
export class TimestampSigner extends Signer {
  readonly #lenient: boolean;
  readonly #legacyEpoch: boolean;
  readonly #now: () => number;

  /** @throws SigningUsageError as Signer's. */
  constructor(secretKey: SecretKey, options: TimestampSignerOptions = {}) {
    checkOptions("the signer", options, [...signerOptionNames, "legacyEpoch"]);
    const { legacyEpoch = false, ...others } = options;
    super(secretKey, others);
    this.#lenient = options.lenient ?? false;
    this.#legacyEpoch = legacyEpoch;
    this.#now = options.now ?? (() => Date.now() / 1000);
  }

  /** The time in whole Unix seconds, as it is written into signatures. */
  getTimestamp(): number {
    return Math.trunc(this.#now());
  }

  /**
   * `value`, the separator, the time, the separator, and the signature of both.
   *
   * @throws SigningUsageError WX_SIGNING_VALUE as Signer's, or where the clock gives no time after 1970.
   */
  override sign(value: string | Uint8Array): string {
    const seconds = this.getTimestamp();
    if (!(seconds >= 0))
      throw new SigningUsageError("WX_SIGNING_VALUE", `now() gave ${seconds}, which is no Unix time`);
    const time = this.sep + encodeTimestamp(seconds);
    return super.sign(typeof value === "string" ? value + time : Buffer.concat([value, Buffer.from(time)]));
  }

  /**
   * The value that was signed, or `[value, time]` with `returnTimestamp: true`.
   *
   * @throws SignatureExpired WX_SIGNATURE_EXPIRED where the signature is older than `maxAge` or, with a `maxAge`, made in
   * the future; BadTimeSignature WX_BAD_TIME_SIGNATURE where the signature is wrong or its time unreadable; BadSignature
   * WX_BAD_SIGNATURE where there is neither. Their payload is the value without the time.
   */
  override unsign(signed: string, options: UnsignOptions & { readonly returnTimestamp: true }): [string, Date];
  override unsign(signed: string, options?: UnsignOptions & { readonly returnTimestamp?: false }): string;
  override unsign(signed: string, options: UnsignOptions = {}): string | [string, Date] {
    checkOptions("unsign", options, ["maxAge", "returnTimestamp"]);
    const { value, seconds } = this.#split(signed);
    const { maxAge = null } = options;
    if (maxAge !== null) this.#checkAge(value, seconds, maxAge);
    return options.returnTimestamp === true ? [value, new Date(seconds * 1000)] : value;
  }

  /** True when `unsign` accepts `signed` with this `maxAge`. */
  override validate(signed: string, options: Pick<UnsignOptions, "maxAge"> = {}): boolean {
    checkOptions("validate", options, ["maxAge"]);
    try {
      this.unsign(signed, { maxAge: options.maxAge });
      return true;
    } catch (error) {
      if (error instanceof BadSignature) return false;
      throw error;
    }
  }

  /** Value and time of a good signature; of a bad one the error says what they would have been. */
  #split(signed: string): { value: string; seconds: number } {
    let text: string;
    let failure: BadSignature | undefined;
    try {
      text = super.unsign(signed);
    } catch (error) {
      if (!(error instanceof BadSignature) || typeof error.payload !== "string") throw error;
      failure = error;
      text = error.payload;
    }
    const end = text.lastIndexOf(this.sep);
    if (end === -1) throw failure ?? new BadTimeSignature("the signature has no time", { payload: text });
    const value = text.slice(0, end);
    const seconds = this.#readTime(text.slice(end + this.sep.length));
    if (failure !== undefined) {
      throw new BadTimeSignature(failure.message, { payload: value, dateSigned: dateOf(seconds) });
    }
    if (seconds === undefined) throw new BadTimeSignature("the signature's time is no date", { payload: value });
    return { value, seconds };
  }

  #readTime(text: string): number | undefined {
    const seconds = decodeTimestamp(text, this.#lenient);
    const isLegacy = this.#legacyEpoch && seconds !== undefined && seconds + LEGACY_EPOCH <= this.getTimestamp();
    return isLegacy ? seconds + LEGACY_EPOCH : seconds;
  }

  #checkAge(payload: string, seconds: number, maxAge: number): void {
    const age = this.getTimestamp() - seconds;
    // A clock or maxAge that is NaN must not keep tokens alive, hence the negation.
    if (!(age <= maxAge))
      throw new SignatureExpired("the signature's time is over", { payload, dateSigned: dateOf(seconds) });
    if (age < 0) throw new SignatureExpired("the signature is of the future", { payload, dateSigned: dateOf(seconds) });
  }
}
