/** The DKIM-Signature field, folded (RFC 6376, section 3.5). */

/** RFC 5322, section 2.1.1, without the CRLF. */
const LINE = 78;
const FOLD = "\r\n ";
/** Leaves room for the fold's space and for `b=`. */
const SIGNATURE_LINE = /.{1,72}/g;

/** What a signature says of itself. */
export interface SignatureTags {
  algorithm: string;
  /** Header and body, such as `relaxed/relaxed`. */
  canonicalization: string;
  domain: string;
  selector: string;
  /** When it was signed, in seconds since 1970. */
  signedAt: number;
  expiresAt?: number | undefined;
  /** The value of `h=`. */
  names: readonly string[];
  bodyHash: string;
}

/** The field up to its empty `b=`, as it is signed. */
export function unsignedField(tags: SignatureTags): string {
  const { algorithm, canonicalization, domain, selector, signedAt, expiresAt, names, bodyHash } = tags;
  const words = [
    "DKIM-Signature: v=1;",
    ` a=${algorithm};`,
    ` c=${canonicalization};`,
    ` d=${domain};`,
    ` s=${selector};`,
    ` t=${signedAt};`,
    ...(expiresAt === undefined ? [] : [` x=${expiresAt};`]),
    ...names.map((name, index) => `${index === 0 ? " h=" : ""}${name}${index === names.length - 1 ? ";" : ":"}`),
  ];
  return `${fold(words)}${FOLD}bh=${bodyHash};${FOLD}b=`;
}

/** The field with its signature, in base64, and the CRLF that ends it. */
export function signedField(unsigned: string, signature: string): string {
  return `${unsigned}${(signature.match(SIGNATURE_LINE) ?? []).join(FOLD)}\r\n`;
}

/** Words as they follow each other; one that would not fit begins a line, and its leading space is the fold's. */
function fold(words: readonly string[]): string {
  let text = "";
  let column = 0;
  for (const word of words) {
    const folds = column > 0 && column + word.length > LINE;
    const piece = folds ? `${FOLD}${word.trimStart()}` : word;
    text += piece;
    column = folds ? piece.length - "\r\n".length : column + piece.length;
  }
  return text;
}
