/** A message's bytes on their way into DATA: checked for line ends, and dot-stuffed (RFC 5321, section 4.5.2). */

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;
/** One piece of a message in flight; each must leave within `contentMs`. */
const BLOCK_BYTES = 64 * 1024;

const LF_DOT = Buffer.from("\n.");
const STUFFED_LF_DOT = Buffer.from("\n..");
const ONE_DOT = Buffer.from(".");
const END = Buffer.from(".\r\n");
const LINE_END_AND_END = Buffer.from("\r\n.\r\n");

/** What one look through a message tells. */
export interface ContentFacts {
  /** The place of the first CR or LF that is not part of a CRLF, or -1. */
  readonly bareNewlineAt: number;
  /** Whether a line may begin with a dot, so that the content has to be stuffed for DATA. */
  readonly hasDots: boolean;
}

/** Looks at every line end; the native search is quicker than any loop over the bytes here. */
export function factsOf(bytes: Buffer): ContentFacts {
  let hasDots = bytes[0] === DOT;
  let from = 0;
  for (;;) {
    const cr = bytes.indexOf(CR, from);
    const lf = bytes.indexOf(LF, from);
    if (cr === -1 && lf === -1) return { bareNewlineAt: -1, hasDots };
    if (cr === -1 || lf !== cr + 1) {
      return { bareNewlineAt: cr === -1 || (lf !== -1 && lf < cr) ? lf : cr, hasDots };
    }
    from = lf + 1;
    if (bytes[from] === DOT) hasDots = true;
  }
}

/** What ends the content: the dot, after a CRLF where the content does not end in one. */
export function terminatorOf(bytes: Buffer): Buffer {
  const { length } = bytes;
  return length === 0 || (bytes[length - 1] === LF && bytes[length - 2] === CR) ? END : LINE_END_AND_END;
}

/** The content in blocks ready for the wire, without the terminator: copied only where a line begins with a dot. */
export function* dataBlocks(bytes: Buffer, blockBytes: number = BLOCK_BYTES): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += blockBytes) {
    const block = bytes.subarray(start, start + blockBytes);
    const beginsLine = start === 0 || bytes[start - 1] === LF;
    yield stuff(block, beginsLine);
  }
}

/** The content as it is, in blocks, for a command that says how long it is. */
export function* rawBlocks(bytes: Buffer, blockBytes: number = BLOCK_BYTES): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += blockBytes) yield bytes.subarray(start, start + blockBytes);
}

/** A short content ready for the wire, without the terminator. */
export function stuffed(bytes: Buffer): Buffer {
  return stuff(bytes, true);
}

function stuff(block: Buffer, beginsLine: boolean): Buffer {
  const leading = beginsLine && block[0] === DOT;
  let at = block.indexOf(LF_DOT);
  if (at === -1) return leading ? Buffer.concat([ONE_DOT, block]) : block;
  const pieces: Buffer[] = leading ? [ONE_DOT] : [];
  let from = 0;
  for (; at !== -1; at = block.indexOf(LF_DOT, from)) {
    pieces.push(block.subarray(from, at), STUFFED_LF_DOT);
    from = at + LF_DOT.length;
  }
  pieces.push(block.subarray(from));
  return Buffer.concat(pieces);
}
