/** Reads a stream to its end, once: Node's, the web's, and anything that can be iterated. */
import { describeError } from "../../base/index.ts";
import { MessageError } from "../errors.ts";
import type { AttachmentContent } from "../message-fields.ts";
import type { Reading } from "./read-file.ts";

/** Content that comes piece by piece. */
export type StreamContent = Exclude<AttachmentContent, string | Uint8Array | Blob>;

/** One way to read and to stop, whichever kind of stream it is. */
interface Source {
  next(): Promise<{ done?: boolean | undefined; value?: unknown }>;
  stop(): void;
  /** True where a piece may be written over once the next one was asked for, as generators do with a buffer of their own. */
  readonly reusesPieces: boolean;
}

/** Streams that were begun: what is left of them is not the content. */
const begun = new WeakSet<object>();

export function isStream(content: unknown): content is StreamContent {
  return typeof content === "object" && content !== null && Symbol.asyncIterator in content;
}

/** Keeps a stream that fails before its turn comes from ending the process; the failure is found when it is read. */
export function watchStream(content: StreamContent): void {
  if (isNodeStream(content)) content.on("error", () => {});
}

/** Gives up a stream that will not be read, so that what it holds open is closed. */
export function stopStream(content: StreamContent): void {
  if (isNodeStream(content)) content.destroy();
  else if (content instanceof ReadableStream && !content.locked) content.cancel().catch(() => {});
}

/**
 * All that a stream gives. When anything goes wrong the stream is stopped.
 *
 * @throws MessageError WX_MESSAGE_STREAM, WX_MESSAGE_TOO_LARGE; the signal's reason
 */
export async function readStream(content: StreamContent, reading: Reading): Promise<Uint8Array> {
  const { field, signal } = reading;
  signal?.throwIfAborted();
  const source = openSource(content, field);
  try {
    return await untilAborted(signal, drain(source, reading));
  } catch (cause) {
    source.stop();
    if (cause instanceof MessageError || signal?.aborted === true) throw cause;
    throw failed(field, `failed while it was read (${describeError(cause)})`, cause);
  }
}

async function drain(source: Source, { field, limit, signal }: Reading): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await source.next();
    signal?.throwIfAborted();
    if (done === true) return Buffer.concat(pieces);
    const piece = toBytes(value, field);
    limit.take(piece.length, field);
    if (piece.length > 0) pieces.push(source.reusesPieces ? new Uint8Array(piece) : piece);
  }
}

function toBytes(piece: unknown, field: string): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  if (typeof piece === "string") return Buffer.from(piece, "utf8");
  throw failed(field, `gave ${piece === null ? "null" : `a value of type ${typeof piece}`}, not text or bytes`);
}

function openSource(content: StreamContent, field: string): Source {
  if (begun.has(content) || isSpent(content)) throw failed(field, "was read already, or closed");
  if (content instanceof ReadableStream) return webSource(content);
  const iterator = content[Symbol.asyncIterator]();
  // What begins anew at each reading, such as an object that opens a file, may be read again.
  if (isNodeStream(content) || Object.is(iterator, content)) begun.add(content);
  return {
    reusesPieces: !isNodeStream(content),
    next: async () => iterator.next(),
    stop: () => {
      if (isNodeStream(content)) content.destroy();
      void iterator.return?.().catch(() => {});
    },
  };
}

/** By its reader, since its iterator cannot be stopped while it waits. */
function webSource(content: ReadableStream): Source {
  const reader = content.getReader();
  begun.add(content);
  return { reusesPieces: false, next: () => reader.read(), stop: () => void reader.cancel().catch(() => {}) };
}

function isNodeStream(content: object): content is NodeJS.ReadableStream & StreamContent & { destroy(): void } {
  return "destroy" in content && typeof content.destroy === "function" && "on" in content;
}

/** A stream that failed by itself is not spent: reading it tells how. */
function isSpent(content: object): boolean {
  if (content instanceof ReadableStream) return content.locked;
  const { readableDidRead, destroyed, errored } = content as Partial<import("node:stream").Readable>;
  return readableDidRead === true || (destroyed === true && (errored === null || errored === undefined));
}

/** The result of the work, or the signal's reason as soon as it is given. */
function untilAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    // The first read of a stream may have aborted already.
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function failed(field: string, problem: string, cause?: unknown): MessageError {
  const fault = { field, problem, fix: "Nothing was sent; give a fresh stream, or the bytes" };
  return new MessageError("WX_MESSAGE_STREAM", fault, cause === undefined ? undefined : { cause });
}
