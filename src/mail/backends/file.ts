/** Appends messages to a file, for development: one file per backend, all in one folder. */
import { randomBytes } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, statSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Clock, describeError, systemClock } from "../../base/index.ts";
import { type Backend, receiptForAll } from "../backend.ts";
import { DeliveryError, MailerError } from "../errors.ts";
import { refuseAborted } from "./aborted.ts";
import { refuseUnknownOptions } from "./options.ts";
import { SEPARATOR } from "./separator.ts";

/** Where the messages are written. */
export interface FileBackendOptions {
  /** The folder, also as a `file:` URL; it is made where it does not exist. */
  path: string | URL;
  /** Names the file. Default: the machine's. */
  clock?: Clock | undefined;
}

const known = { path: true, clock: true } satisfies Record<keyof FileBackendOptions, true>;

/**
 * A backend that writes to `YYYYmmdd-HHMMSS-<id>.log` in a folder; the file appears with the first message.
 *
 * @throws MailerError WX_MAILER_PATH when `path` is no folder, cannot be made or cannot be written to;
 *   WX_MAILER_OPTION; sending: DeliveryError WX_DELIVERY_DEFERRED where the file cannot be written to
 *
 * @example
 * createMailers({ default: fileBackend({ path: "sent-mail" }) })
 */
export function fileBackend(options: FileBackendOptions): Backend {
  refuseUnknownOptions("file", options, Object.keys(known));
  const { path, clock = systemClock } = options;
  const folder = writableFolder(path instanceof URL ? fileURLToPath(path) : path);
  const file = join(folder, `${timestamp(new Date(clock.now()))}-${randomBytes(4).toString("hex")}.log`);
  let last: Promise<void> = Promise.resolve();
  const close = (): Promise<void> => last;
  return {
    send: async (envelope, bytes, callOptions = {}) => {
      refuseAborted(callOptions, "file");
      // One write after the other: a large message is written in pieces, which must not mix with another's.
      const write = last.then(() => append(file, bytes));
      last = write.catch(() => {});
      await write;
      return receiptForAll(envelope, "file", file);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function append(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await appendFile(file, Buffer.concat([bytes, Buffer.from(SEPARATOR)]));
  } catch (cause) {
    const text = `The message could not be written to ${file}: ${describeError(cause)}`;
    throw new DeliveryError(text, { retryable: true, outcome: "not-sent", server: "file", cause });
  }
}

function writableFolder(path: string): string {
  if (typeof path !== "string" || path === "") {
    throw badPath("path is missing; give the folder that messages are written to");
  }
  const folder = resolve(path);
  if (existsSync(folder) && !statSync(folder).isDirectory()) throw badPath(`path: ${folder} is not a folder`);
  attempt(`path: ${folder} does not exist and cannot be made`, () => mkdirSync(folder, { recursive: true }));
  attempt(`path: ${folder} cannot be written to`, () => accessSync(folder, constants.W_OK | constants.X_OK));
  return folder;
}

function attempt(failure: string, action: () => void): void {
  try {
    action();
  } catch (cause) {
    throw badPath(`${failure} (${describeError(cause)})`, cause);
  }
}

function badPath(message: string, cause?: unknown): MailerError {
  return new MailerError("WX_MAILER_PATH", "path", message, cause === undefined ? undefined : { cause });
}

/** Local time, which is what a person looks for. */
function timestamp(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}
