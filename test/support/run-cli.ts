/** The built `waxseal` command as a process of its own, in a folder of its own, with no settings but those given. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface CliProcess {
  child: ChildProcess;
  /** What it has printed so far. */
  output(): { stdout: string; stderr: string };
  /** The first match of `pattern` in what it prints on standard output; throws when it ends without. */
  printed(pattern: RegExp): Promise<string>;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string>;
}

export function runCli(args: readonly string[], options: { cwd: string; env?: Record<string, string> }): CliProcess {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env["PATH"], NO_COLOR: "1", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });

  async function printed(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(stdout);
      if (found !== null) return found[1] ?? found[0];
      const next = await Promise.race([once(child.stdout, "data"), ended]);
      if (!Array.isArray(next) && !pattern.test(stdout)) {
        throw new Error(`waxseal ${args.join(" ")} ended (${next}) without printing ${pattern}:\n${stdout}\n${stderr}`);
      }
    }
  }
  return { child, output: () => ({ stdout, stderr }), printed, ended };
}
