/** Quoted-printable for text whose line ends are CRLF already (RFC 2045, section 6.7). */

const LINE = 76;
/** The most that an octet may take: three characters, and its share of the soft line breaks. */
const MAX_GROWTH = 3.2;
const [TAB, LF, CR, SPACE, EQUALS, F, TILDE] = [0x09, 0x0a, 0x0d, 0x20, 0x3d, 0x46, 0x7e];
const HEX_DIGITS = Buffer.from("0123456789ABCDEF", "latin1");

/**
 * Encodes text. Lines are at most 76 characters; a blank at a line's end and a "From " at its start, which some mail
 * stores alter, are encoded too, and so is a CR alone. A character of UTF-8 is never cut by a soft line break.
 */
export function quotedPrintable(octets: Uint8Array): Buffer {
  const output = Buffer.allocUnsafe(Math.ceil(octets.length * MAX_GROWTH));
  let end = 0;
  let column = 0;
  for (let index = 0; index < octets.length; index++) {
    const octet = octets[index] ?? 0;
    if (octet === CR && octets[index + 1] === LF) {
      end = writeBreak(output, end);
      column = 0;
      index++;
      continue;
    }
    if (column > 0 && column + characterWidth(octet) > LINE - 1) {
      output[end++] = EQUALS;
      end = writeBreak(output, end);
      column = 0;
    }
    if (isKept(octets, index, column)) {
      output[end++] = octet;
      column++;
    } else {
      output[end++] = EQUALS;
      output[end++] = HEX_DIGITS[octet >> 4] ?? 0;
      output[end++] = HEX_DIGITS[octet & 15] ?? 0;
      column += 3;
    }
  }
  return Buffer.from(output.subarray(0, end));
}

/** How long text would be, near enough to compare, when `escapes` of its octets are escaped. */
export function quotedPrintableLength(octets: number, escapes: number): number {
  const length = octets + escapes * 2;
  return length + Math.floor(length / LINE) * "=\r\n".length;
}

/** How many octets are escaped, near enough to compare. */
export function countEscapes(octets: Uint8Array): number {
  let count = 0;
  for (const octet of octets) if (!isLiteral(octet) && octet !== CR && octet !== LF) count++;
  return count;
}

function writeBreak(output: Buffer, at: number): number {
  output[at] = CR;
  output[at + 1] = LF;
  return at + 2;
}

function isLiteral(octet: number): boolean {
  return (octet >= SPACE && octet <= TILDE && octet !== EQUALS) || octet === TAB;
}

/** True when the octet may stand as itself here. */
function isKept(octets: Uint8Array, index: number, column: number): boolean {
  const octet = octets[index] ?? 0;
  if (!isLiteral(octet)) return false;
  if (octet === SPACE || octet === TAB) return !endsLine(octets, index + 1);
  return octet !== F || column > 0 || octets[index + 4] !== SPACE;
}

function endsLine(octets: Uint8Array, index: number): boolean {
  return index >= octets.length || (octets[index] === CR && octets[index + 1] === LF);
}

/** The most columns that the character of UTF-8 may take which begins with this octet, or what is left of one. */
function characterWidth(octet: number): number {
  if (octet >= 0xf0) return 12;
  if (octet >= 0xe0) return 9;
  if (octet >= 0xc0) return 6;
  return isLiteral(octet) && octet > SPACE && octet !== F ? 1 : 3;
}
