/** Who imports one subpath loads that part and what it stands on, and nothing else of ours. */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type OutputChunk, rolldown } from "rolldown";
import { expect, test } from "vitest";
import { closureOf, isPart, partName } from "./support/layers.ts";
import { repository, subpaths } from "./support/subpaths.ts";

const root = fileURLToPath(repository);

/** An entry bundled without dropping what is unused, in chunks: what is imported late stands in chunks of its own. */
async function chunksOf(entry: string): Promise<OutputChunk[]> {
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
    return output.filter((chunk) => chunk.type === "chunk");
  } finally {
    await bundle.close();
  }
}

function filesIn(chunks: readonly OutputChunk[]): string[] {
  const modules = chunks.flatMap(({ moduleIds }) => moduleIds);
  return modules.filter((id) => id.startsWith(root)).map((id) => relative(root, id).replaceAll("\\", "/"));
}

/** The files of src/ that Node would load for an entry, late ones too. */
async function filesLoadedBy(entry: string): Promise<string[]> {
  return filesIn(await chunksOf(entry));
}

/** What Node loads before an entry's first line: our parts, and the packages. */
async function loadedAtOnceBy(entry: string): Promise<{ parts: Set<string>; packages: string[] }> {
  const chunks = await chunksOf(entry);
  const names = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
  for (const name of names) for (const next of chunks.find((c) => c.fileName === name)?.imports ?? []) names.add(next);
  const atOnce = chunks.filter(({ fileName }) => names.has(fileName));
  const packages = [...names].filter((name) => !name.endsWith(".js") && !name.startsWith("node:"));
  return { parts: new Set(filesIn(atOnce).map(partName)), packages };
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

test("who only sends loads neither database nor pages: those come with createWaxseal", async () => {
  const { parts, packages } = await loadedAtOnceBy("src/index.ts");
  expect(parts).toEqual(new Set(["index", "config", "mail", "smtp", "db", "base"])); // of db the little that is not Kysely
  expect(packages).toEqual([]);
  expect((await loadedAtOnceBy("src/waxseal.ts")).packages).toEqual(expect.arrayContaining(["hono"]));
});

test.each(["src/mail/index.ts", "src/smtp/index.ts", "src/db/index.ts"])(
  "%s loads no package before it is used",
  async (entry) => {
    expect((await loadedAtOnceBy(entry)).packages).toEqual([]);
  },
);
