/** What can be wrong with a token: itsdangerous' exception tree, names and fields, and one error for wrong use. */
import { WaxsealError } from "../base/index.ts";

/** What an error of the tree carries beside its text. */
export interface BadDataFields {
  /** What lies behind the failure. */
  readonly originalError?: unknown;
  /** The unverified signed part of the token, or, once the signature was found good, the decoded payload. */
  readonly payload?: unknown;
  /** When the token was signed, where that is known. */
  readonly dateSigned?: Date | undefined;
  /** The decoded header, where there is one. */
  readonly header?: unknown;
}

/** A token that cannot be read, for whatever reason: the root of the tree. */
export class BadData extends WaxsealError {
  static override readonly brand: string = "BadData";
  static readonly code: string = "WX_BAD_DATA";

  constructor(message: string, fields: BadDataFields = {}) {
    super(new.target.code, message, "originalError" in fields ? { cause: fields.originalError } : undefined);
  }
}

/** The signature is missing, is not base64, or belongs to other bytes or another key. */
export class BadSignature extends BadData {
  static override readonly brand: string = "BadSignature";
  static override readonly code: string = "WX_BAD_SIGNATURE";
  /** Unverified text (header and body of the token) or, in subclasses, the decoded payload; undefined where nothing was found. */
  readonly payload: unknown;

  constructor(message: string, fields: BadDataFields = {}) {
    super(message, fields);
    this.payload = fields.payload;
  }
}

/** The signature's time is malformed or does not allow the token to be used. */
export class BadTimeSignature extends BadSignature {
  static override readonly brand: string = "BadTimeSignature";
  static override readonly code: string = "WX_BAD_TIME_SIGNATURE";
  /** When the token was signed; undefined where the token does not say. */
  readonly dateSigned: Date | undefined;

  constructor(message: string, fields: BadDataFields = {}) {
    super(message, fields);
    this.dateSigned = fields.dateSigned;
  }
}

/** The signature is good, and the token's time is over; `payload` is the decoded value, good enough to send a new one. */
export class SignatureExpired extends BadTimeSignature {
  static override readonly brand: string = "SignatureExpired";
  static override readonly code: string = "WX_SIGNATURE_EXPIRED";
}

/** The signature is good, and the header is not one that this reader accepts. */
export class BadHeader extends BadSignature {
  static override readonly brand: string = "BadHeader";
  static override readonly code: string = "WX_BAD_HEADER";
  /** The decoded header, where it could be decoded. */
  readonly header: unknown;
  /** The failure that lies behind this one, where there is one. */
  readonly originalError: unknown;

  constructor(message: string, fields: BadDataFields = {}) {
    super(message, fields);
    this.header = fields.header;
    this.originalError = fields.originalError;
  }
}

/** The signature is good, and the payload cannot be decoded. As in itsdangerous this is not a BadSignature. */
export class BadPayload extends BadData {
  static override readonly brand: string = "BadPayload";
  static override readonly code: string = "WX_BAD_PAYLOAD";
  /** The failure that lies behind this one, where there is one. */
  readonly originalError: unknown;

  constructor(message: string, fields: BadDataFields = {}) {
    super(message, fields);
    this.originalError = fields.originalError;
  }
}

/** The program called signing wrongly: an empty key, an unknown option, a value that JSON cannot hold. Never caused by a token. */
export class SigningUsageError extends WaxsealError {
  static override readonly brand: string = "SigningUsageError";

  constructor(code: "WX_SIGNING_KEY" | "WX_SIGNING_OPTION" | "WX_SIGNING_VALUE", message: string) {
    super(code, message);
  }
}
