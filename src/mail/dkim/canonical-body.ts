/** The body as DKIM hashes it (RFC 6376, section 3.4): read once, in place, whatever its size. */
import { createHash, type Hash } from "node:crypto";

/** How much may change on the way before a signature breaks: white space, or nothing. */
export type Canonicalization = "relaxed" | "simple";

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
/** Room in which short pieces gather, so that a body full of double spaces costs few calls of the hash. */
const GATHER_BYTES = 64 * 1024;

/** The SHA-256 of a body with CRLF line ends, in base64. */
export function bodyHash(body: Uint8Array, canonicalization: Canonicalization): string {
  const hash = createHash("sha256");
  if (canonicalization === "simple") updateSimple(hash, body);
  else updateRelaxed(hash, body);
  return hash.digest("base64");
}

/** Section 3.4.3: the empty lines at the end count as none, and the last line ends in CRLF. */
function updateSimple(hash: Hash, body: Uint8Array): void {
  let end = body.length;
  while (end >= 2 && body[end - 1] === LF && body[end - 2] === CR) end -= 2;
  hash.update(body.subarray(0, end)).update("\r\n");
}

/** Section 3.4.4: also, white space at the end of a line goes, and any other run of it becomes one space. */
function updateRelaxed(hash: Hash, body: Uint8Array): void {
  const end = endOfText(body);
  if (end === 0) return;
  const pieces = gather(hash, end);
  let start = 0;
  for (let at = 0; at < end; at++) {
    if (!isBlank(body[at])) continue;
    const first = at;
    while (isBlank(body[at + 1])) at++;
    const endsLine = body[at + 1] === CR;
    if (first === at && body[at] === SPACE && !endsLine) continue;
    pieces.add(body.subarray(start, first));
    if (!endsLine) pieces.add(ONE_SPACE);
    start = at + 1;
  }
  pieces.add(body.subarray(start, end));
  pieces.flush();
  hash.update("\r\n");
}

const ONE_SPACE: Uint8Array = Uint8Array.of(SPACE);

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

/** The place after the last byte that is neither white space nor a line end. */
function endOfText(body: Uint8Array): number {
  let end = body.length;
  while (end > 0 && (isBlank(body[end - 1]) || body[end - 1] === CR || body[end - 1] === LF)) end--;
  return end;
}

function gather(hash: Hash, total: number): { add(piece: Uint8Array): void; flush(): void } {
  const room = new Uint8Array(Math.min(GATHER_BYTES, total));
  let used = 0;
  const flush = (): void => {
    hash.update(room.subarray(0, used));
    used = 0;
  };
  const add = (piece: Uint8Array): void => {
    if (used + piece.length > room.length) flush();
    if (piece.length > room.length / 2) {
      flush();
      hash.update(piece);
      return;
    }
    room.set(piece, used);
    used += piece.length;
  };
  return { add, flush };
}
