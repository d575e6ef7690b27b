/** Text as octets with CRLF at the end of every line (RFC 2049, section 4), and whether it may stand in a mail as it is. */
import { type Kernel, KERNEL_INPUT_OCTETS, KERNEL_OUTPUT, loadKernel } from "./kernel.ts";
import { countEscapes } from "./quoted-printable.ts";
import { keep } from "./scratch.ts";

/** RFC 5322, section 2.1.1, without the CRLF. */
const LONGEST_LINE = 78;
/** How much text the kernel can hold, at three octets of UTF-8 for each unit of UTF-16. */
const MAX_UNITS = Math.floor(KERNEL_INPUT_OCTETS / 3);

/** What may be changed on the way, or end a part early: other characters, a bare CR, a blank at a line's end, "From ", a boundary. */
const UNSAFE = /[^\t\r\n -~]|\r(?!\n)|[ \t]\r\n|(?:^|\n)(?:From |--=_)/;

/** How text becomes octets; "latin1" is for text whose characters have been checked. */
export type TextEncoding = "utf8" | "latin1";

export interface CanonicalText {
  /** Ends with CRLF; a CR alone is kept. */
  octets: Buffer;
  /** No line is long, and nothing in it is changed on the way or taken for something else. */
  isSafe: boolean;
  /** How many octets quoted-printable would escape, near enough to compare; 0 where `isSafe`. */
  escapes: number;
}

/** The text with its line breaks (LF or CRLF) as CRLF, and one at its end. */
export function canonicalText(
  text: string,
  encoding: TextEncoding,
  kernel: Kernel | null = loadKernel(),
): CanonicalText {
  const pieces = kernel === null ? undefined : piecesOf(text);
  if (kernel === null || pieces === undefined) return canonicalPlainly(text, encoding);
  const all = pieces.map((piece) => canonicalWith(kernel, piece, encoding));
  const [only] = all;
  if (only !== undefined && all.length === 1) return only;
  return {
    octets: Buffer.concat(all.map(({ octets }) => octets)),
    isSafe: all.every(({ isSafe }) => isSafe),
    escapes: all.reduce((sum, { escapes }) => sum + escapes, 0),
  };
}

/** The text in pieces of whole lines that the kernel can hold; undefined where a line is too long for that. */
function piecesOf(text: string): string[] | undefined {
  if (text.length <= MAX_UNITS) return [text];
  const pieces: string[] = [];
  for (let start = 0; start < text.length;) {
    const isLast = text.length - start <= MAX_UNITS;
    const end = isLast ? text.length : text.lastIndexOf("\n", start + MAX_UNITS - 1) + 1;
    if (end <= start) return undefined;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

function canonicalWith(kernel: Kernel, text: string, encoding: TextEncoding): CanonicalText {
  const { memory } = kernel;
  const given = text === "" ? "\n" : text;
  const length = memory.write(given, encoding);
  const end = kernel.canonical(0, length, KERNEL_OUTPUT);
  const isSafe = kernel.unsafe() === 0;
  const escapes = isSafe ? 0 : kernel.escapes(KERNEL_OUTPUT, end);
  return { octets: keep(memory.subarray(KERNEL_OUTPUT, end)), isSafe, escapes };
}

function canonicalPlainly(text: string, encoding: TextEncoding): CanonicalText {
  const lines = text.replace(/\r?\n/g, "\r\n");
  const whole = lines.endsWith("\n") ? lines : `${lines}\r\n`;
  const octets = Buffer.from(whole, encoding);
  const isSafe = !UNSAFE.test(whole) && !hasLongLine(whole);
  return { octets, isSafe, escapes: isSafe ? 0 : countEscapes(octets) };
}

function hasLongLine(text: string): boolean {
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\r\n", start);
    if (end - start > LONGEST_LINE) return true;
    start = end + 2;
  }
  return false;
}
