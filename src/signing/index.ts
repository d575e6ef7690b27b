/** "waxseal/signing": signed tokens that itsdangerous reads and writes, byte for byte. */
export { type BoundToken, type BoundTokenReading, BoundTokens, type BoundTokensOptions } from "./bound-tokens.ts";
export {
  BadData,
  type BadDataFields,
  BadHeader,
  BadPayload,
  BadSignature,
  BadTimeSignature,
  SignatureExpired,
  SigningUsageError,
} from "./errors.ts";
export { HMACAlgorithm } from "./hmac-algorithm.ts";
export type { JsonObject, JsonValue } from "./json-reader.ts";
export type { JsonStyle } from "./json-writer.ts";
export {
  type AlgorithmName,
  type DumpsOptions,
  JSONWebSignatureSerializer,
  type JSONWebSignatureSerializerOptions,
  type LoadsOptions,
} from "./json-web-signature-serializer.ts";
export type { KeyDerivation } from "./key-derivation.ts";
export { NoneAlgorithm } from "./none-algorithm.ts";
export {
  compactJson,
  losslessJson,
  type LosslessJsonValue,
  type PayloadSerializer,
  pythonJson,
} from "./payload-serializer.ts";
export { PythonFloat } from "./python-float.ts";
export type { SecretKey } from "./secret-key.ts";
export { Serializer } from "./serializer.ts";
export type { SaltOptions, SerializerOptions, SignerClass, SignerKwargs } from "./serializer-options.ts";
export { Signer, type SignerOptions } from "./signer.ts";
export type { SigningAlgorithm } from "./signing-algorithm.ts";
export {
  TimedJSONWebSignatureSerializer,
  type TimedJSONWebSignatureSerializerOptions,
} from "./timed-json-web-signature-serializer.ts";
export { type TimedLoadsOptions, TimedSerializer } from "./timed-serializer.ts";
export { TimestampSigner, type TimestampSignerOptions, type UnsignOptions } from "./timestamp-signer.ts";
export { URLSafeSerializer, type URLSafeSerializerOptions } from "./url-safe-serializer.ts";
export { URLSafeTimedSerializer, type URLSafeTimedSerializerOptions } from "./url-safe-timed-serializer.ts";
