/** "waxseal/signing/django": signed texts, objects, cookies and password reset tokens that Django reads and writes, byte for byte. */
export { dumps, type DumpsOptions, loads, type LoadsOptions } from "./dumps.ts";
export { getCookieSigner } from "./get-cookie-signer.ts";
export {
  PasswordResetTokenGenerator,
  type PasswordResetTokenGeneratorOptions,
  type TokenUser,
} from "./password-reset-token-generator.ts";
export { type DjangoKey, type ObjectOptions, Signer, type SignerOptions, type SignObjectOptions } from "./signer.ts";
export { type AgeOptions, TimestampSigner } from "./timestamp-signer.ts";
