/** "waxseal/signing": signed tokens that itsdangerous reads and writes, byte for byte. */
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
export type { JsonObject, JsonValue } from "./json-reader.ts";
export {
  type AlgorithmName,
  type DumpsOptions,
  JSONWebSignatureSerializer,
  type JSONWebSignatureSerializerOptions,
  type LoadsOptions,
} from "./json-web-signature-serializer.ts";
export type { SecretKey } from "./secret-key.ts";
export {
  TimedJSONWebSignatureSerializer,
  type TimedJSONWebSignatureSerializerOptions,
} from "./timed-json-web-signature-serializer.ts";
