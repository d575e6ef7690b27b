/** Tokens for one purpose, one subject and one state of it: they die when the state changes, and are known by what they hold. */
import { createHash } from "node:crypto";
import { BadData, SignatureExpired, SigningUsageError } from "./errors.ts";
import type { JsonValue } from "./json-reader.ts";
import { checkOptions } from "./options.ts";
import type { SecretKey } from "./secret-key.ts";
import { TimedJSONWebSignatureSerializer } from "./timed-json-web-signature-serializer.ts";

/** What may be set of bound tokens; a misspelt name is refused. */
export interface BoundTokensOptions {
  /** What the tokens are for, such as `accounts.activate`: a part of the key, so none serves for anything else. */
  readonly purpose: string;
  /** How long a token is good, in seconds. */
  readonly maxAgeSeconds: number;
  /** The time in Unix seconds. Default: the machine's. */
  readonly now?: () => number;
}

/** What a token with a good signature holds. */
export interface BoundToken {
  /** Whom or what it is about, as it was given. */
  readonly subject: string;
  /**
   * The same for every spelling of the token: made of what it holds. Keep this, never the token's text, where each may
   * be used only once.
   */
  readonly id: string;
  /** Whether the subject's state is still the one it was made for. */
  isFor(state: readonly string[]): boolean;
}

/** What came of reading a token. An expired one is still read: its subject may be sent a new one. */
export type BoundTokenReading =
  | { readonly status: "valid" | "expired"; readonly token: BoundToken }
  | { readonly status: "invalid" };

/** Longer than any token of ours; what is longer is not looked at. */
const MAX_TOKEN_BYTES = 4096;
/** 96 bits: nobody finds a second state with the same stamp. */
const STAMP_LENGTH = 16;

/**
 * Makes and reads tokens for links in mails.
 *
 * @example
 * const resets = new BoundTokens(secretKey, { purpose: "accounts.reset", maxAgeSeconds: 3600 });
 * const token = resets.mint(user.id, [user.email, user.passwordHash]);
 * const reading = resets.read(token);
 * if (reading.status === "valid" && reading.token.isFor([user.email, user.passwordHash])) letIn(reading.token.subject);
 */
export class BoundTokens {
  readonly #serializer: TimedJSONWebSignatureSerializer;

  /**
   * @param secretKey One key or a list, oldest first: the last one signs, all are read.
   * @throws SigningUsageError WX_SIGNING_KEY for an empty key, WX_SIGNING_OPTION for an unknown option or an empty purpose.
   */
  constructor(secretKey: SecretKey, options: BoundTokensOptions) {
    checkOptions("the tokens", options, ["purpose", "maxAgeSeconds", "now"]);
    const { purpose, maxAgeSeconds, now } = options;
    if (typeof purpose !== "string" || purpose === "") {
      throw new SigningUsageError("WX_SIGNING_OPTION", "purpose must say what the tokens are for");
    }
    this.#serializer = new TimedJSONWebSignatureSerializer(secretKey, {
      salt: purpose,
      expiresIn: maxAgeSeconds,
      maxTokenBytes: MAX_TOKEN_BYTES,
      ...(now !== undefined && { now }),
    });
  }

  /**
   * A token about `subject`, good while its state is `state`.
   *
   * @param state What must not change before it is used, such as the address and the hash of the password; none of it
   *   can be read off the token.
   */
  mint(subject: string, state: readonly string[]): string {
    return this.#serializer.dumps({ confirm: subject, stamp: stampOf(state) });
  }

  /** Reads a token. Nothing of it but its subject and id counts before `isFor` was asked. */
  read(text: string): BoundTokenReading {
    try {
      const [payload, header] = this.#serializer.loads(text, { returnHeader: true });
      return reading("valid", payload, header["iat"]);
    } catch (error) {
      if (error instanceof SignatureExpired) return reading("expired", error.payload, error.dateSigned?.getTime());
      if (error instanceof BadData) return { status: "invalid" };
      throw error;
    }
  }
}

function reading(status: "valid" | "expired", payload: unknown, madeAt: JsonValue | undefined): BoundTokenReading {
  const { confirm, stamp } = (payload ?? {}) as { confirm?: unknown; stamp?: unknown };
  if (typeof confirm !== "string" || typeof stamp !== "string") return { status: "invalid" };
  const seconds = status === "expired" ? Number(madeAt) / 1000 : Number(madeAt);
  const token: BoundToken = {
    subject: confirm,
    id: digest([confirm, stamp, String(seconds)]),
    isFor: (state) => stampOf(state) === stamp,
  };
  return { status, token };
}

/** Changes when any part of the state does. */
function stampOf(state: readonly string[]): string {
  return digest(state).slice(0, STAMP_LENGTH);
}

/** JSON keeps the parts apart: `["a", "b"]` and `["ab"]` differ. */
function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}
