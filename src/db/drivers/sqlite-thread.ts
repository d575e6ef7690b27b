/** The thread of one SQLite file: reads and writes there block no server and no mail. Loaded by `sqlite-worker.ts` alone. */
import { parentPort, workerData } from "node:worker_threads";
import { describeError } from "../../base/index.ts";
import { openSqliteFile, type SqliteFile } from "./sqlite-file.ts";
import type { Step } from "./sqlite-steps.ts";

/** What is told of an error; an Error itself would lose its codes on the way. */
export interface ToldError {
  text: string;
  code: unknown;
  errcode: unknown;
}

/** The answer to a step, or to the opening of the file; in the order of the questions. */
export interface Reply {
  value?: unknown;
  error?: ToldError;
}

function told(error: unknown): ToldError {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return { text: describeError(error), code, errcode };
}

function replyOf(work: () => unknown): Reply {
  try {
    return { value: work() };
  } catch (error) {
    return { error: told(error) };
  }
}

async function serve(path: string): Promise<void> {
  process.removeAllListeners("warning"); // Node 22 calls its SQLite experimental in every thread
  let file: SqliteFile;
  try {
    file = await openSqliteFile(path);
  } catch (error) {
    parentPort?.postMessage({ error: told(error) } satisfies Reply);
    return;
  }
  parentPort?.on("message", (step: Step) => {
    parentPort?.postMessage(replyOf(() => file.perform(step)));
    if (step.kind === "close") parentPort?.close();
  });
  parentPort?.postMessage({} satisfies Reply);
}

await serve((workerData as { path: string }).path);
