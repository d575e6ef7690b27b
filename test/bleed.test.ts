/** Who imports one subpath loads that part and what it stands on, and nothing else of ours. */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { closureOf, isPart, partName } from "./support/layers.ts";
import { repository, subpaths } from "./support/subpaths.ts";

const root = fileURLToPath(repository);

/** The files of src/ that Node would load for an entry: bundled without dropping what is unused. */
async function filesLoadedBy(entry: string): Promise<string[]> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL(entry, repository)),
    cwd: root,
    platform: "node",
    tsconfig: fileURLToPath(new URL("tsconfig.json", repository)),
    treeshake: false,
    external: (specifier) => !/^[./]/.test(specifier) && !/^[A-Za-z]:/.test(specifier),
  });
  try {
    const { output } = await bundle.generate({ format: "esm" });
    const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
    return modules.filter((id) => id.startsWith(root)).map((id) => relative(root, id).replaceAll("\\", "/"));
  } finally {
    await bundle.close();
  }
}

test.each(subpaths)("$specifier carries only its own layers", async ({ source }) => {
  const part = partName(source);
  if (!isPart(part)) throw new Error(`${source} belongs to no part of test/support/layers.ts`);
  const allowed = closureOf(part);
  const files = await filesLoadedBy(source);
  expect(files).toContain(source);
  expect(files.filter((file) => !allowed.has(partName(file) as typeof part))).toEqual([]);
});

test("what a subpath may carry follows from the table of layers", () => {
  expect([...closureOf("signing")].toSorted()).toEqual(["base", "signing"]);
  expect([...closureOf("mail")].toSorted()).toEqual(["base", "mail", "smtp"]);
  expect([...closureOf("accounts")].toSorted()).toEqual(["accounts", "base", "db", "mail", "signing", "smtp"]);
  expect([...closureOf("outbox")].toSorted()).toEqual(["base", "db", "mail", "outbox", "smtp"]);
});

test("files of another part are seen in a bundle", async () => {
  const files = await filesLoadedBy("src/mail/index.ts");
  expect(new Set(files.map(partName))).toEqual(new Set(["mail", "smtp", "base"]));
});
