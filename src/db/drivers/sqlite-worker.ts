/** A SQLite file in a thread of its own, as this thread asks it. */
import { Worker } from "node:worker_threads";
import { describeError } from "../../base/index.ts";
import { DatabaseError, type DatabaseErrorCode } from "../errors.ts";
import type { AnswerTo, SqliteEngine, Step } from "./sqlite-steps.ts";
import type { Reply, ToldError } from "./sqlite-thread.ts";

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Opens a file in a new thread; undefined where there can be none: the program was bundled into one file, or may not make
 * threads.
 *
 * @throws DatabaseError `WX_DB_DRIVER`; what SQLite itself says of the file
 */
export async function openInThread(path: string): Promise<SqliteEngine | undefined> {
  let worker: Worker;
  try {
    worker = new Worker(new URL("./sqlite-thread.js", import.meta.url), { workerData: { path }, execArgv: [] });
  } catch {
    return undefined;
  }
  const thread = new SqliteWorker(worker, path);
  return (await thread.opened()) ? thread : undefined;
}

class SqliteWorker implements SqliteEngine {
  readonly #worker: Worker;
  /** Who waits for an answer: they come in the order of the questions. */
  readonly #waiting: Waiting[] = [];
  readonly #path: string;
  #lost: Error | undefined;

  constructor(worker: Worker, path: string) {
    this.#worker = worker;
    this.#path = path;
    worker.on("message", (reply: Reply) => this.#answer(reply));
    worker.on("error", (error) => this.#lose(describeError(error)));
    worker.on("exit", () => this.#lose("it has ended"));
  }

  /** False where the thread could not begin. */
  async opened(): Promise<boolean> {
    try {
      await new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
      return true;
    } catch (error) {
      if (this.#lost === undefined) throw error;
      return false;
    }
  }

  perform<S extends Step>(step: S): Promise<AnswerTo<S>> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) return reject(this.#lost);
      try {
        this.#worker.postMessage(sendable(step)); // throws where a value cannot be sent, such as a function
      } catch (error) {
        if (step.commits !== true) throw error;
        // Whoever sends the last step looks at the transaction no more: it must not stay open for the next one.
        this.perform({ kind: "rollback" }).then(() => reject(error), reject);
        return;
      }
      // Nobody need close a database for its process to end, but what was asked is answered first.
      if (this.#waiting.length === 0) this.#worker.ref();
      this.#waiting.push({ resolve: resolve as (value: unknown) => void, reject });
    });
  }

  #answer({ value, error }: Reply): void {
    const asked = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    if (error === undefined) asked?.resolve(value);
    else asked?.reject(errorOf(error));
  }

  #lose(reason: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = new DatabaseError(
      "WX_DB_LOST",
      `The thread that reads and writes ${this.#path} is gone: ${reason}. What was not committed is not in the file; open it again.`,
    );
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
  }
}

/** Bytes are copied: a Buffer is often a small part of a large piece of memory, and all of that would be sent. */
function sendable(step: Step): Step {
  if (step.kind !== "query" || !step.values.some((value) => value instanceof Uint8Array)) return step;
  return { ...step, values: step.values.map((value) => (value instanceof Uint8Array ? new Uint8Array(value) : value)) };
}

function errorOf({ text, code, errcode }: ToldError): Error {
  if (typeof code === "string" && code.startsWith("WX_")) return new DatabaseError(code as DatabaseErrorCode, text);
  return Object.assign(new Error(text), code === undefined ? {} : { code }, errcode === undefined ? {} : { errcode });
}
