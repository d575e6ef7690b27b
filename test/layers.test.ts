/** The house's one rule: imports run down the layers, across parts through index.ts, and nowhere in a circle. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { layerViolations } from "./support/layer-violations.ts";

const root = new URL("../", import.meta.url);

/** The program's own files, without the tests that stand beside them. */
function programSources(): Map<string, string> {
  const files = readdirSync(new URL("src", root), { recursive: true, encoding: "utf8" })
    .map((file) => `src/${file.replaceAll("\\", "/")}`)
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file));
  return new Map(files.map((file) => [file, readFileSync(new URL(file, root), "utf8")]));
}

test("every file of src keeps to the layers", () => {
  const sources = programSources();
  expect(sources.size).toBeGreaterThan(20);
  expect(layerViolations(sources)).toEqual([]);
});

const violationsOf = (files: Record<string, string>): string[] => layerViolations(new Map(Object.entries(files)));

test("an import up or across the layers is found in each of its forms", () => {
  const forms = [
    'import { outbox } from "../outbox/index.ts";',
    'import "../outbox/index.ts";',
    'import type { Outbox } from "../outbox/index.ts";',
    'import { type Outbox } from "../outbox/index.ts";',
    'export { outbox } from "../outbox/index.ts";',
    'export * from "../outbox/index.ts";',
    'const outbox = await import("../outbox/index.ts");',
    'type Outbox = import("../outbox/index.ts").Outbox;',
  ];
  for (const form of forms) {
    expect(violationsOf({ "src/mail/x.ts": form }), form).toEqual([
      "src/mail/x.ts imports src/outbox/index.ts, but mail may import only smtp, base",
    ]);
  }
  expect(violationsOf({ "src/base/x.ts": 'import "../smtp/index.ts"' })).toEqual([
    "src/base/x.ts imports src/smtp/index.ts, but base may import nothing of ours",
  ]);
  expect(violationsOf({ "src/web/x.tsx": 'import { c } from "../config.ts"; export const e = <p>{c}</p>;' })).toEqual([
    "src/web/x.tsx imports src/config.ts, but web may import only accounts, signing, base",
  ]);
});

test("another part is entered by its index only, and src is not left", () => {
  expect(violationsOf({ "src/mail/backends/smtp.ts": 'import "../../smtp/pool.ts"' })).toEqual([
    "src/mail/backends/smtp.ts imports src/smtp/pool.ts, but across parts only src/smtp/index.ts may be imported",
  ]);
  expect(violationsOf({ "src/mail/x.ts": 'import "../../test/support/certificates.ts"' })).toEqual([
    "src/mail/x.ts imports test/support/certificates.ts, which stands outside src/",
  ]);
  expect(violationsOf({ "src/utils/x.ts": "" })).toEqual([
    'src/utils/x.ts belongs to no part; name "utils" in test/support/layers.ts',
  ]);
});

test("a cycle between files is found, type-only ones included", () => {
  const files = {
    "src/mail/a.ts": 'import "./b.ts"',
    "src/mail/b.ts": 'import type { A } from "./mime/c.ts"',
    "src/mail/mime/c.ts": 'export * from "../a.ts"',
  };
  expect(violationsOf(files)).toEqual([
    "src/mail/a.ts -> src/mail/b.ts -> src/mail/mime/c.ts -> src/mail/a.ts is a cycle",
  ]);
});

test("reading the environment is found, and is left to config and cli", () => {
  const ways = [
    "process.env.A",
    'process["env"]',
    "globalThis.process.env",
    "const { env } = process;",
    'import "node:process"',
  ];
  for (const way of ways) {
    expect(violationsOf({ "src/smtp/x.ts": way }), way).toEqual([
      "src/smtp/x.ts reads process.env, but only config and cli may; take an argument",
    ]);
    expect(violationsOf({ "src/config.ts": way, "src/cli/x.ts": way }), way).toEqual([]);
  }
  expect(
    violationsOf({ "src/smtp/x.ts": "// process.env\nconst words = 'process.env'; process.pid; other.env" }),
  ).toEqual([]);
});

test("what the table allows is allowed", () => {
  const files = {
    "src/index.ts": 'export * from "./waxseal.ts"; export { A } from "./accounts/index.ts"',
    "src/waxseal.ts": 'import "./config.ts"; import "./console/index.ts"; import "./web/index.ts"',
    "src/cli/main.ts": 'import "../index.ts"; import "./commands/dev.ts"; import "commander"',
    "src/cli/commands/dev.ts": 'import "../../base/index.ts"; import "node:fs"',
  };
  expect(violationsOf(files)).toEqual([]);
});
