/** Quoted-printable for text whose line ends are CRLF already (RFC 2045, section 6.7). */

const LINE = 76;
const SAFE_LINE = /^[\t -<>-~]*$/;
const HEX: readonly string[] = Array.from(
  { length: 256 },
  (_, octet) => `=${octet.toString(16).toUpperCase().padStart(2, "0")}`,
);
const [TAB, SPACE, EQUALS, F, TILDE] = [0x09, 0x20, 0x3d, 0x46, 0x7e];

/**
 * Encodes text. Lines are at most 76 characters; a blank at a line's end and a "From " at its start, which some mail
 * stores alter, are encoded too. A character is never cut by a soft line break.
 */
export function quotedPrintable(text: string): string {
  return text.split("\r\n").map(encodeLine).join("\r\n");
}

/** How long the encoded text would be, near enough to compare. */
export function quotedPrintableLength(bytes: Uint8Array): number {
  let escaped = 0;
  for (const octet of bytes) if (!isLiteral(octet) && octet !== 0x0d && octet !== 0x0a) escaped++;
  const length = bytes.length + escaped * 2;
  return length + Math.floor(length / LINE) * "=\r\n".length;
}

function encodeLine(line: string): string {
  const isSafe = line.length <= LINE && SAFE_LINE.test(line) && !/[ \t]$|^From /.test(line);
  return isSafe ? line : encodeBytes(Buffer.from(line, "utf8"));
}

function encodeBytes(bytes: Uint8Array): string {
  let encoded = "";
  let column = 0;
  for (let index = 0; index < bytes.length; index++) {
    const octet = bytes[index] ?? 0;
    const width = characterWidth(octet);
    if (column + width > LINE - 1 && column > 0 && !isContinuation(octet)) {
      encoded += "=\r\n";
      column = 0;
    }
    const piece = isKept(bytes, index, column) ? String.fromCharCode(octet) : (HEX[octet] ?? "");
    encoded += piece;
    column += piece.length;
  }
  return encoded;
}

function isLiteral(octet: number): boolean {
  return (octet >= SPACE && octet <= TILDE && octet !== EQUALS) || octet === TAB;
}

/** True when the octet may stand as itself here. */
function isKept(bytes: Uint8Array, index: number, column: number): boolean {
  const octet = bytes[index] ?? 0;
  if (!isLiteral(octet)) return false;
  if (octet === SPACE || octet === TAB) return index < bytes.length - 1;
  return octet !== F || column > 0 || bytes[index + 4] !== SPACE;
}

function isContinuation(octet: number): boolean {
  return (octet & 0xc0) === 0x80;
}

/** The most columns that the character may take which begins with this octet. */
function characterWidth(octet: number): number {
  if (octet >= 0xf0) return 12;
  if (octet >= 0xe0) return 9;
  if (octet >= 0xc0) return 6;
  return isLiteral(octet) && octet > SPACE && octet !== F ? 1 : 3;
}
