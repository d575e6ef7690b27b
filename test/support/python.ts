/** Finds a Python for tests of interoperation, and runs scripts in it. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The one on the PATH, then the system's, whose distribution packages may have what the other lacks. */
const CANDIDATES = ["python3", "/usr/bin/python3"];

/** A Python that can import every one of `modules`; undefined where none is found, and the test is to be skipped. */
export function findPython(modules: readonly string[]): string | undefined {
  return CANDIDATES.find((python) => {
    try {
      execFileSync(python, ["-c", `import ${modules.join(", ")}`], { stdio: "ignore", timeout: 20_000 });
      return true;
    } catch {
      return false;
    }
  });
}

/** Runs a file that reads one JSON value from its standard input and prints one; returns what it printed. */
export function runPython(python: string, script: URL, input: unknown): unknown {
  const output = execFileSync(python, ["-W", "ignore", fileURLToPath(script)], {
    input: JSON.stringify(input),
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
    env: { ...process.env, PYTHONIOENCODING: "utf-8", TZ: "UTC" },
  });
  return JSON.parse(output) as unknown;
}
