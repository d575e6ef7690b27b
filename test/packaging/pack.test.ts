/**
 * The package as a user gets it: packed, unpacked into an empty project, and imported there.
 *
 * The project's node_modules holds the tarball's content and links to the declared dependencies only, so that a module
 * that is not declared is not found. Nothing is fetched.
 */
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { manifest, repository, subpaths } from "../support/subpaths.ts";

const run = promisify(execFile);
const root = fileURLToPath(repository);
let project: string;
let installed: string;
let packed: string[];

function link(name: string): void {
  const from = join(root, "node_modules", name);
  if (!existsSync(from)) return; // an optional dependency that this platform does not have
  const to = join(project, "node_modules", name);
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(from, to, "junction");
}

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "waxseal-pack-"));
  installed = join(project, "node_modules", manifest.name);
  mkdirSync(installed, { recursive: true });
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", project];
  const { stdout } = await run("npm", pack, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  const [tarball] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  packed = tarball.files.map((file) => file.path);
  await run("tar", ["-xzf", join(project, tarball.filename), "-C", installed, "--strip-components=1"]);
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) link(name);
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

/** The names that a program in the project finds behind a specifier. */
async function namesSeenBy(type: "module" | "commonjs", load: string): Promise<string[]> {
  const program = `${load}.then((loaded) => console.log(JSON.stringify(Object.keys(loaded))))`;
  const { stdout } = await run(process.execPath, [`--input-type=${type}`, "--eval", program], { cwd: project });
  return (JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as string[]).toSorted();
}

const required = (names: readonly string[]): string[] => names.filter((name) => name !== "__esModule");

test.each(subpaths)("$specifier is imported and required, with the same names", async ({ specifier }) => {
  const imported = await namesSeenBy("module", `import(${JSON.stringify(specifier)})`);
  expect(imported.length).toBeGreaterThan(0);
  const names = await namesSeenBy("commonjs", `Promise.resolve(require(${JSON.stringify(specifier)}))`);
  expect(required(names)).toEqual(imported);
});

test("package.json can be required, and what is not exported cannot", async () => {
  expect(await namesSeenBy("commonjs", 'Promise.resolve(require("waxseal/package.json"))')).toContain("version");
  const [, firstSubpath] = subpaths;
  const hidden = `${manifest.name}/${firstSubpath?.built}`;
  await expect(namesSeenBy("module", `import(${JSON.stringify(hidden)})`)).rejects.toThrow(
    "ERR_PACKAGE_PATH_NOT_EXPORTED",
  );
});

test("a mailbox to read is refused at start where imapflow is not installed, with the line that installs it", async () => {
  mkdirSync(join(project, "node_modules", "imapflow")); // hides one that a folder above may have
  const imap = { host: "127.0.0.1", user: "a", password: "b" };
  const config = {
    databaseUrl: "sqlite::memory:",
    secretKey: "k".repeat(50),
    siteUrl: "https://x.cn",
    bounces: { imap },
  };
  const given = { ...config, mailers: { default: { backend: "dummy" } } };
  const program = `import { createWaxseal } from "waxseal";
    await createWaxseal(${JSON.stringify(given)}, { migrate: true }).catch((error) => console.log(error.message));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: project });
  expect(stdout).toBe("Reading the bounce mailbox needs the package imapflow: npm i imapflow\n");
});

test("every subpath has its types", () => {
  for (const { built } of subpaths) expect(packed).toContain(built.replace(/\.js$/, ".d.ts"));
});

test("the tarball holds the built program, its licence and its readme, and nothing of the workshop", () => {
  expect(packed).toEqual(expect.arrayContaining(["package.json", "README.md", "LICENSE"]));
  const foreign = packed.filter((path) => !/^(dist\/.+|package\.json|README(\.[\w-]+)?\.md|LICENSE)$/.test(path));
  expect(foreign).toEqual([]);
  expect(
    packed
      .filter((path) => /\.test\.|(^|\/)(test|fixtures?)\/|\.(tsx?|map|tsbuildinfo)$/.test(path))
      .filter((path) => !path.endsWith(".d.ts")),
  ).toEqual([]);
});

test.each(Object.entries(manifest.bin))("the command %s says its version", async (name, file) => {
  const target = join(installed, file);
  expect(readFileSync(target, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  const bin = join(project, "node_modules", ".bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync(target, join(bin, name));
  chmodSync(target, 0o755); // npm does both when it installs
  const { stdout } = await run(join(bin, name), ["--version"], { cwd: project });
  expect(stdout.trim()).toBe(manifest.version);
});
