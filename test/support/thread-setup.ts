/** The thread of SQLite as JavaScript, for the tests that open files: bundled once for all of them. */
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../..", import.meta.url));
const file = join(root, "test-results", "sqlite-thread", "sqlite-thread.js");

/** Where it is. */
export const threadUrl: string = pathToFileURL(file).href;

export async function setup(): Promise<void> {
  const bundle = await rolldown({
    input: join(root, "src", "db", "drivers", "sqlite-thread.ts"),
    platform: "node",
    tsconfig: join(root, "tsconfig.json"),
    external: (specifier) => !/^[./]/.test(specifier),
  });
  await bundle.write({ file, format: "esm", codeSplitting: false });
  await bundle.close();
}
