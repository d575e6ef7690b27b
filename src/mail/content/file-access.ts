/** Which files of this machine a message may hold, and where they are: links followed, and nothing outside of the root. */
import { realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { describeError } from "../../base/index.ts";
import { MessageError } from "../errors.ts";

/** The limits on what is attached by `path`. */
export interface FileAccess {
  /**
   * The folder that every attached file must be in, wherever symbolic links lead; relative paths begin there. Default: any
   * folder, and relative paths begin in the folder that the process runs in.
   */
  attachmentRoot?: string | undefined;
  /** Refuse every attachment by `path` but `data:` URLs, for messages whose fields come from outside. Default false. */
  disableFileAccess?: boolean | undefined;
}

/** A file that is there and may be attached. */
export interface LocatedFile {
  /** Without symbolic links. */
  readonly path: string;
  readonly size: number;
  /** What the file must still be when it is opened. */
  readonly identity: string;
  /** The folder that it must be in then, without symbolic links; undefined for any. */
  readonly root: string | undefined;
}

/** What tells one file from another that takes its place. */
export function identityOf({ dev, ino }: { dev: number; ino: number }): string {
  return `${dev}:${ino}`;
}

/**
 * Finds the file of a path, without opening it.
 *
 * @throws MessageError WX_MESSAGE_FILE_ACCESS where it may not be attached, WX_MESSAGE_FILE where it cannot be
 */
export async function locateFile(path: string, access: FileAccess, field: string): Promise<LocatedFile> {
  if (access.disableFileAccess === true) {
    throw forbidden(path, field, "is a file, and file access is disabled", "Give the file's bytes as content");
  }
  const root = access.attachmentRoot === undefined ? undefined : await rootFolder(access.attachmentRoot);
  const absolute = resolve(access.attachmentRoot ?? "", path);
  // Before the disk is asked, so that nobody learns what is there outside of the root.
  if (root !== undefined && !isWithin(root.written, absolute) && !isWithin(root.real, absolute))
    throw outside(path, field);
  const found = await onDisk(path, field, async () => {
    const real = await realpath(absolute);
    return { real, facts: await stat(real) };
  });
  if (root !== undefined && !isWithin(root.real, found.real)) throw outside(path, field);
  if (found.facts.isDirectory())
    throw badFile(path, field, "is a folder", "Attach a file; pack a folder into one first");
  if (!found.facts.isFile()) throw badFile(path, field, "is no ordinary file", "Give its content as a stream");
  return { path: found.real, size: found.facts.size, identity: identityOf(found.facts), root: root?.real };
}

/** Does something with a file; what the system says of it becomes an error in plain words. */
export async function onDisk<T>(path: string, field: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof MessageError) throw cause;
    const [problem, fix] = diskProblems.get(codeOf(cause)) ?? [
      `cannot be read (${describeError(cause)})`,
      "Check the path and the disk",
    ];
    throw badFile(path, field, problem, fix, cause);
  }
}

/** The refusal of a file that cannot be attached. */
export function badFile(path: string, field: string, problem: string, fix: string, cause?: unknown): MessageError {
  const fault = { field, value: path, problem, fix };
  return new MessageError("WX_MESSAGE_FILE", fault, cause === undefined ? undefined : { cause });
}

/** The refusal of a file that may not be attached. */
export function forbidden(path: string, field: string, problem: string, fix: string): MessageError {
  return new MessageError("WX_MESSAGE_FILE_ACCESS", { field, value: path, problem, fix });
}

const diskProblems: ReadonlyMap<unknown, readonly [problem: string, fix: string]> = new Map([
  ["ENOENT", ["does not exist", "Check the path; a relative one begins where the process runs, or in attachmentRoot"]],
  ["ENOTDIR", ["leads through a file as if it were a folder", "Check the path"]],
  ["EACCES", ["may not be read by this user", "Change the file's rights, or those of its folders"]],
  ["EPERM", ["may not be read by this user", "Change the file's rights, or those of its folders"]],
  ["EISDIR", ["is a folder", "Attach a file; pack a folder into one first"]],
  ["ELOOP", ["is a circle of symbolic links", "Check the path"]],
  ["ENAMETOOLONG", ["is longer than a path can be", "Check the path"]],
]);

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}

/** The root as it was written, and where it really is. */
async function rootFolder(root: string): Promise<{ written: string; real: string }> {
  const written = resolve(root);
  return { written, real: await onDisk(root, "attachmentRoot", () => realpath(written)) };
}

/** Whether a path without symbolic links lies in a folder without them. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The refusal of a file that is not in the root. */
export function outside(path: string, field: string): MessageError {
  return forbidden(
    path,
    field,
    "is outside of attachmentRoot",
    "Attach a file from that folder, or its bytes as content",
  );
}
