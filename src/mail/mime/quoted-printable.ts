/** Quoted-printable for text whose line ends are CRLF already (RFC 2045, section 6.7). */
import { type Kernel, KERNEL_OUTPUT, KERNEL_OUTPUT_OCTETS, loadKernel } from "./kernel.ts";
import { keep } from "./scratch.ts";

const LINE = 76;
/** The most that an octet may take: three characters, and its share of the soft line breaks. */
const MAX_GROWTH = 3.2;
const [TAB, LF, CR, SPACE, EQUALS, F, TILDE] = [0x09, 0x0a, 0x0d, 0x20, 0x3d, 0x46, 0x7e];
const HEX_DIGITS = Buffer.from("0123456789ABCDEF", "latin1");

/**
 * Encodes text. Lines are at most 76 characters; a blank at a line's end and a "From " at its start, which some mail
 * stores alter, are encoded too, and so is a CR alone. A character of UTF-8 is never cut by a soft line break.
 */
export function quotedPrintable(octets: Uint8Array, kernel: Kernel | null = loadKernel()): Buffer {
  const fits = octets.length * MAX_GROWTH <= KERNEL_OUTPUT_OCTETS;
  return kernel !== null && fits ? encodeWith(kernel, octets) : encodePlainly(octets);
}

function encodeWith(kernel: Kernel, octets: Uint8Array): Buffer {
  kernel.memory.set(octets, 0);
  const end = kernel.quotedPrintable(0, octets.length, KERNEL_OUTPUT);
  return keep(kernel.memory.subarray(KERNEL_OUTPUT, end));
}

function encodePlainly(octets: Uint8Array): Buffer {
  const output = Buffer.allocUnsafe(Math.ceil(octets.length * MAX_GROWTH));
  let end = 0;
  let column = 0;
  for (let index = 0; index < octets.length; index++) {
    const octet = octets[index] ?? 0;
    if (octet === CR && octets[index + 1] === LF) {
      end = writeBreak(output, guardBlank(output, end, column));
      column = 0;
      index++;
      continue;
    }
    const isKept = isLiteral(octet) && !(octet === F && column === 0 && octets[index + 4] === SPACE);
    if (column > 0 && column + (isKept ? 1 : characterWidth(octet)) > LINE - 1) {
      end = writeSoftBreak(output, end);
      column = 0;
      index--;
      continue;
    }
    if (isKept) output[end++] = octet;
    else end = writeEscape(output, end, octet);
    column += isKept ? 1 : 3;
  }
  return Buffer.from(output.subarray(0, guardBlank(output, end, column)));
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

function writeSoftBreak(output: Buffer, at: number): number {
  output[at] = EQUALS;
  return writeBreak(output, at + 1);
}

function writeEscape(output: Buffer, at: number, octet: number): number {
  output[at] = EQUALS;
  output[at + 1] = HEX_DIGITS[octet >> 4] ?? 0;
  output[at + 2] = HEX_DIGITS[octet & 15] ?? 0;
  return at + 3;
}

/** Escapes the blank at the end of a line of so many columns, on a line of its own where it does not fit. */
function guardBlank(output: Buffer, end: number, column: number): number {
  const last = column === 0 ? 0 : (output[end - 1] ?? 0);
  if (last !== SPACE && last !== TAB) return end;
  const at = column > LINE - 2 ? writeSoftBreak(output, end - 1) : end - 1;
  return writeEscape(output, at, last);
}

function isLiteral(octet: number): boolean {
  return (octet >= SPACE && octet <= TILDE && octet !== EQUALS) || octet === TAB;
}

/** The most columns that the character of UTF-8 may take which begins with this octet, or what is left of one. */
function characterWidth(octet: number): number {
  if (octet >= 0xf0) return 12;
  if (octet >= 0xe0) return 9;
  return octet >= 0xc0 ? 6 : 3;
}
