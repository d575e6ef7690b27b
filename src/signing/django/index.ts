/** "waxseal/signing/django": signed texts, objects and password reset tokens that Django reads and writes, byte for byte. */
export { dumps, type DumpsOptions, loads, type LoadsOptions } from "./dumps.ts";
export {
  PasswordResetTokenGenerator,
  type PasswordResetTokenGeneratorOptions,
  type TokenUser,
} from "./password-reset-token-generator.ts";
export { type DjangoKey, type ObjectOptions, Signer, type SignerOptions, type SignObjectOptions } from "./signer.ts";
export { type AgeOptions, TimestampSigner } from "./timestamp-signer.ts";
