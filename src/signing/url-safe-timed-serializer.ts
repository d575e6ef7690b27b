/** itsdangerous' URLSafeTimedSerializer: a value signed together with the time, in letters, digits, `-`, `_` and `.` only. */
import type { JsonValue } from "./json-reader.ts";
import { checkOptions } from "./options.ts";
import { compactJson, type PayloadSerializer } from "./payload-serializer.ts";
import type { SecretKey } from "./secret-key.ts";
import { serializerOptionNames, type SerializerOptions } from "./serializer-options.ts";
import { TimedSerializer } from "./timed-serializer.ts";
import type { TimestampSigner } from "./timestamp-signer.ts";
import { decodePayloadText, encodePayload, type UrlSafeOptions } from "./url-safe-payload.ts";

/** What may be set of a url-safe serializer that writes the time; a misspelt name is refused. */
export interface URLSafeTimedSerializerOptions<T = JsonValue>
  extends SerializerOptions<T, TimestampSigner>, UrlSafeOptions {}

/**
 * Signs values together with the time as itsdangerous' class of this name does, byte for byte, compressed ones included.
 *
 * @example
 * const serializer = new URLSafeTimedSerializer(secretKey, { salt: "unsubscribe" });
 * serializer.loads(serializer.dumps({ user: 42 }), { maxAge: 3600 }); // { user: 42 }
 */
export class URLSafeTimedSerializer<T = JsonValue> extends TimedSerializer<T> {
  readonly #lenient: boolean | undefined;
  readonly #maxPayloadBytes: number | undefined;

  /** @throws SigningUsageError as TimedSerializer's. */
  constructor(secretKey: SecretKey, options: URLSafeTimedSerializerOptions<T> = {}) {
    checkOptions("the serializer", options, [...serializerOptionNames, "maxPayloadBytes"]);
    const { maxPayloadBytes, ...others } = options;
    super(secretKey, others);
    this.#lenient = options.lenient;
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  protected override get defaultSerializer(): PayloadSerializer<JsonValue> {
    return compactJson;
  }

  protected override dumpPayload(value: unknown): string {
    return encodePayload(Buffer.from(super.dumpPayload(value)), { maxPayloadBytes: this.#maxPayloadBytes });
  }

  protected override loadPayload(payload: string): T {
    const options = { lenient: this.#lenient, maxPayloadBytes: this.#maxPayloadBytes };
    return super.loadPayload(decodePayloadText(payload, options));
  }
}
