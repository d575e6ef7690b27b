/** Reads a file that was located before: the same one, whole, and no more of it than may be. */
import { constants } from "node:fs";
import { type FileHandle, open, readlink, realpath } from "node:fs/promises";
import { badFile, identityOf, isWithin, type LocatedFile, onDisk, outside } from "./file-access.ts";
import type { SizeLimit } from "./size-limit.ts";

/** One read of a large file; between two the caller may give up. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** What reading works with. */
export interface Reading {
  /** As an error names what is read. */
  readonly field: string;
  readonly limit: SizeLimit;
  readonly signal?: AbortSignal | undefined;
}

/** @throws MessageError WX_MESSAGE_FILE, WX_MESSAGE_TOO_LARGE; the signal's reason */
export async function readLocatedFile(file: LocatedFile, shownPath: string, reading: Reading): Promise<Uint8Array> {
  return onDisk(shownPath, reading.field, async () => {
    // Not following a link that was put in its place, and not waiting for the other end of a pipe.
    const handle = await open(
      file.path,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
    try {
      if (identityOf(await handle.stat()) !== file.identity) throw changed(shownPath, reading.field);
      if (file.root !== undefined && !isWithin(file.root, await placeOf(handle, file.path))) {
        throw outside(shownPath, reading.field);
      }
      return file.size === 0
        ? await readUnsized(handle, reading)
        : await readSized(handle, file.size, shownPath, reading);
    } finally {
      await handle.close();
    }
  });
}

/**
 * Where the file that was opened lies: a folder on the way may have become a link since its path was read. Linux says so of
 * the open file itself; elsewhere the path is read once more.
 */
async function placeOf({ fd }: FileHandle, path: string): Promise<string> {
  return process.platform === "linux" ? readlink(`/proc/self/fd/${fd}`).catch(() => realpath(path)) : realpath(path);
}

/** As many bytes as were counted, however much the file has grown since. */
async function readSized(
  handle: FileHandle,
  size: number,
  shownPath: string,
  { field, signal }: Reading,
): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let offset = 0; offset < size;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(bytes, offset, Math.min(PIECE_BYTES, size - offset), offset);
    if (bytesRead === 0)
      throw badFile(shownPath, field, "became shorter while it was read", "Send it once it is finished");
    offset += bytesRead;
  }
  return bytes;
}

/** Files that the system makes up on reading, such as those of /proc, say that they are empty. */
async function readUnsized(handle: FileHandle, { field, limit, signal }: Reading): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (;;) {
    signal?.throwIfAborted();
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.allocUnsafe(65_536) });
    if (bytesRead === 0) return Buffer.concat(pieces);
    limit.take(bytesRead, field);
    pieces.push(buffer.subarray(0, bytesRead));
  }
}

function changed(path: string, field: string): Error {
  return badFile(path, field, "was replaced by another file before it was read", "Send it once it is finished");
}
