/** itsdangerous' TimedSerializer: a value as JSON, signed together with the time. */
import { checkOptions } from "./options.ts";
import type { JsonValue } from "./json-reader.ts";
import { Serializer } from "./serializer.ts";
import type { SaltOptions, SignerClass } from "./serializer-options.ts";
import { TimestampSigner } from "./timestamp-signer.ts";

/** How a token's age is looked at. */
export interface TimedLoadsOptions extends SaltOptions {
  /** How old the token may be, in seconds, the last one included. Without it any age is good, even one to come. */
  readonly maxAge?: number | null | undefined;
  /** True to get the pair of value and time. */
  readonly returnTimestamp?: boolean;
}

/**
 * Signs values together with the time as itsdangerous' class of this name does, byte for byte.
 *
 * @example
 * const serializer = new TimedSerializer(secretKey, { salt: "unsubscribe" });
 * serializer.loads(serializer.dumps({ user: 42 }), { maxAge: 3600 }); // { user: 42 }
 */
export class TimedSerializer<T = JsonValue> extends Serializer<T, TimestampSigner> {
  /**
   * The value that `token` holds, or `[value, time]` with `returnTimestamp: true`.
   *
   * @throws SignatureExpired WX_SIGNATURE_EXPIRED where the token is older than `maxAge` or, with a `maxAge`, made in the
   * future; BadTimeSignature WX_BAD_TIME_SIGNATURE where signature or time are wrong; BadSignature WX_BAD_SIGNATURE where
   * there are none; BadPayload WX_BAD_PAYLOAD where the payload cannot be decoded; no other error comes of a token.
   */
  override loads(
    token: string,
    options: TimedLoadsOptions & { readonly returnTimestamp: true },
  ): [value: T, time: Date];
  override loads(token: string, options?: TimedLoadsOptions & { readonly returnTimestamp?: false }): T;
  override loads(token: string, options: TimedLoadsOptions = {}): T | [value: T, time: Date] {
    checkOptions("loads", options, ["salt", "maxAge", "returnTimestamp"]);
    const { salt, maxAge } = options;
    return this.firstAccepted(salt, (signer) => {
      const [payload, time] = signer.unsign(token, { maxAge, returnTimestamp: true });
      const value = this.loadPayload(payload);
      return options.returnTimestamp === true ? [value, time] : value;
    });
  }

  /**
   * What `token` holds even where its signature is wrong or its time over: to look at, never to act on.
   *
   * @returns Whether `loads` accepts it, and the value where it could be decoded.
   * @throws BadPayload WX_BAD_PAYLOAD where the signature is good and the payload unreadable.
   */
  override loadsUnsafe(
    token: string,
    options: Pick<TimedLoadsOptions, "salt" | "maxAge"> = {},
  ): [boolean, T | undefined] {
    return super.loadsUnsafe(token, options);
  }

  protected override get defaultSigner(): SignerClass<TimestampSigner> {
    return TimestampSigner;
  }
}
