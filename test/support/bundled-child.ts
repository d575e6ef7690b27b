/** A TypeScript file of the tests as a process of its own, for what only a kill can show. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Bundles a file of test/support; its packages are found, as it stands below the repository's folder. */
export async function bundleChild(name: string): Promise<string> {
  mkdirSync(join(root, "test-results"), { recursive: true });
  const folder = mkdtempSync(join(root, "test-results", "child-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const bundle = await rolldown({
    input: {
      child: join(root, "test", "support", name),
      "sqlite-thread": join(root, "src", "db", "drivers", "sqlite-thread.ts"),
    },
    platform: "node",
    tsconfig: join(root, "tsconfig.json"),
    external: (specifier) => !/^[./]/.test(specifier) && !/^[A-Za-z]:/.test(specifier),
  });
  await bundle.write({ dir: folder, format: "esm", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" });
  await bundle.close();
  return join(folder, "child.js");
}

export interface BundledChild {
  child: ChildProcess;
  /** Every whole line it has printed. */
  lines: string[];
  /** Kills it as `kill -9` does, and waits until it is gone. */
  kill(): Promise<void>;
}

export function startChild(script: string, args: readonly string[]): BundledChild {
  const child = spawn(process.execPath, ["--no-warnings", script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  const lines: string[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(kill);
  return { child, lines, kill };
}
