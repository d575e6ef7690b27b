// Compiles bench/ and src/ into .bench/ and runs one benchmark: `npm run bench -- compose [options]`.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");

const [name = "", ...options] = process.argv.slice(2);
const known = readdirSync(join(root, "bench"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(root, "bench", entry.name, "main.ts")))
  .map((entry) => entry.name);
if (!known.includes(name)) {
  console.error(`There is no benchmark "${name}". There are: ${known.join(", ")}.`);
  process.exit(1);
}
try {
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.bench.json"], { cwd: root, stdio: "inherit" });
} catch {
  process.exit(1); // tsc has printed what is wrong
}
const script = join(root, ".bench", "bench", name, "main.js");
const { status } = spawnSync(process.execPath, ["--expose-gc", script, ...options], { cwd: root, stdio: "inherit" });
process.exit(status ?? 1);
