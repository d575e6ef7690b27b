/** Base64 in lines of 76 characters (RFC 2045, section 6.8), written straight into the message. */
import { type Kernel, KERNEL_OUTPUT, loadKernel } from "./kernel.ts";

const OCTETS_PER_LINE = 57;
const CRLF_LENGTH = 2;
/** Whole lines, and few enough for input and output to stay in a processor's nearest caches. */
const CHUNK = OCTETS_PER_LINE * 256;

/** How long so many octets are as base64, line breaks included; nothing at all is an empty line. */
export function base64Length(octets: number): number {
  if (octets === 0) return CRLF_LENGTH;
  return Math.ceil(octets / 3) * 4 + Math.ceil(octets / OCTETS_PER_LINE) * CRLF_LENGTH;
}

/** Writes octets as base64 into `target` from `at` on, where `base64Length` octets must be free. */
export function writeBase64(
  octets: Uint8Array,
  target: Buffer,
  at: number,
  kernel: Kernel | null = loadKernel(),
): void {
  if (octets.length === 0) target.write("\r\n", at, "latin1");
  let end = at;
  for (let start = 0; start < octets.length; start += CHUNK) {
    const chunk = octets.subarray(start, start + CHUNK);
    end += kernel === null ? writeChunk(chunk, target, end) : writeChunkWith(kernel, chunk, target, end);
  }
}

function writeChunkWith({ memory, base64 }: Kernel, chunk: Uint8Array, target: Buffer, at: number): number {
  memory.set(chunk, 0);
  return memory.copy(target, at, KERNEL_OUTPUT, base64(0, chunk.length, KERNEL_OUTPUT));
}

function writeChunk(chunk: Uint8Array, target: Buffer, at: number): number {
  const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("base64");
  return target.write(text.replace(/.{1,76}/g, "$&\r\n"), at, "latin1");
}
