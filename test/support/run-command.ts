/** Runs a function of the command line in this process. */
import { vi } from "vitest";

/** What a command printed on standard output and standard error, and the status it would end with. */
export interface Printed {
  out: string;
  err: string;
  status: unknown;
}

export async function run(command: () => Promise<void>): Promise<Printed> {
  const out = vi.spyOn(console, "log").mockImplementation(() => {});
  const err = vi.spyOn(console, "error").mockImplementation(() => {});
  const text = (spy: typeof out): string => spy.mock.calls.map((line) => line.join(" ")).join("\n");
  try {
    await command();
    return { out: text(out), err: text(err), status: process.exitCode ?? 0 };
  } finally {
    process.exitCode = undefined;
    out.mockRestore();
    err.mockRestore();
  }
}
