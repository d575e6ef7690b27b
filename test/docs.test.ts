/** The pages and the program say the same: codes, settings, commands, links, and the names in examples. */
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { fromEnv, type SmtpMailerConfig } from "../src/config.ts";
import { defaults } from "../src/config/resolve.ts";
import { settingNames, settings } from "../src/config/settings.ts";
import { smtpOptionsFor } from "../src/mail/index.ts";
import { documents, programFiles, read } from "./support/documents.ts";
import { repository, subpaths } from "./support/subpaths.ts";

/** A whole code: not the beginning of one, as in a template or in `WX_...`. */
const CODE = /\bWX_[A-Z0-9]+(?:_[A-Z0-9]+)*(?![A-Z0-9_])/g;

/** The cells of the table rows that begin with a name in backquotes, by that name. */
function rowsOf(page: string): [name: string, cells: string[]][] {
  return read(page)
    .split("\n")
    .flatMap((line): [string, string[]][] => {
      const [, first = "", ...cells] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      const name = /^`([A-Z][A-Z0-9_]+)`$/.exec(first)?.[1];
      return name === undefined ? [] : [[name, cells]];
    });
}

test("every error code of the program is explained once, and no other", () => {
  const thrown = new Set(programFiles().flatMap((file) => read(file).match(CODE) ?? []));
  const explained = rowsOf("docs/reference/errors.md").map(([code]) => code);
  expect(thrown.size).toBeGreaterThan(40);
  expect(explained.toSorted()).toEqual([...thrown].toSorted());
});

test("a code is told from a template and from the beginning of a longer one", () => {
  const text = "new MessageError(`WX_MESSAGE_${string}`), WX_..., `WX_DB_URL`; WX_SMTP_8BIT.";
  expect(text.match(CODE)).toEqual(["WX_DB_URL", "WX_SMTP_8BIT"]);
});

test("every setting is in the reference once, with the path that it sets and its default", () => {
  const rows = rowsOf("docs/reference/settings.md");
  expect(rows.map(([name]) => name).toSorted()).toEqual(settingNames.toSorted());
  const cellsOf = new Map(rows);
  for (const { name, path } of settings) {
    const [sets, fallback] = cellsOf.get(name) ?? [];
    expect(sets, name).toBe(`\`${path}\``);
    const value = path.split(".").reduce<unknown>((node, key) => (node as Record<string, unknown>)?.[key], defaults);
    if (value !== undefined) expect(fallback, name).toContain(`\`${String(value)}\``);
  }
});

test("every command and flag is in the reference", () => {
  const program = read("src/cli/main.ts");
  const page = read("docs/reference/cli.md");
  const commands = [...program.matchAll(/\.command\("(\w+)"\)/g)].map(([, name = ""]) => name);
  const flags = new Set(program.match(/--[a-z-]+(?= <)/g));
  expect([commands.length, flags.size].every((count) => count > 3)).toBe(true);
  for (const command of commands) expect(page).toMatch(new RegExp(`\`waxseal ([\\w-]+ )?${command}\\b`));
  for (const flag of flags) expect(page).toContain(`\`${flag} `);
});

/** A heading's anchor, as GitHub makes it. */
function anchorOf(heading: string): string {
  const words = heading.toLowerCase().replace(/[^\p{L}\p{N}\p{M} _-]/gu, "");
  return words.trim().replaceAll(" ", "-");
}

function anchorsOf(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));
}

/** The links of a page that lead nowhere: to no file, or to no heading of a page. */
function brokenLinks(page: string): string[] {
  const prose = read(page).replace(/^```[^]*?^```$/gm, "");
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => {
    if (/^(?:https?|mailto):/.test(target)) return false;
    const [path = "", anchor] = target.split("#");
    const url = path === "" ? new URL(page, repository) : new URL(path, new URL(page, repository));
    if (!existsSync(url)) return true;
    const isPage = url.pathname.endsWith(".md");
    return anchor !== undefined && isPage && !anchorsOf(url.pathname).includes(decodeURIComponent(anchor));
  });
}

test.each(documents())("%s links only to what is there", (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

test("every page of docs/ can be reached from its index", () => {
  const index = read("docs/README.md");
  const pages = documents().filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
  expect(pages.length).toBeGreaterThan(10);
  for (const page of pages) expect(index).toContain(`](${page.slice("docs/".length)})`);
});

test("a decision is told in sixty lines at the most", () => {
  const pages = documents().filter((page) => page.startsWith("docs/decisions/"));
  expect(pages.filter((page) => read(page).trimEnd().split("\n").length > 60)).toEqual([]);
});

/** What the examples of all pages import by name: `from` one of our subpaths. */
function importsInExamples(): { page: string; specifier: string; name: string }[] {
  return documents().flatMap((page) =>
    [...read(page).matchAll(/^import \{([^}]+)\} from "(waxseal[^"]*)";$/gm)].flatMap(
      ([, names = "", specifier = ""]) => names.split(",").map((name) => ({ page, specifier, name: name.trim() })),
    ),
  );
}

test("every name that an example imports is exported", async () => {
  const examples = importsInExamples();
  expect(examples.length).toBeGreaterThan(5);
  for (const { page, specifier, name } of examples) {
    const source = subpaths.find((subpath) => subpath.specifier === specifier)?.source;
    expect(source, `${page} imports ${specifier}`).toBeDefined();
    const exported = (await import(new URL(source ?? "", repository).href)) as object;
    expect(Object.keys(exported), `${page} imports ${name} from ${specifier}`).toContain(name);
  }
});

test.each(["README.md", "README.zh-CN.md"])("%s shows the commands that a clone needs", (page) => {
  for (const command of ["npm ci && npm start", "npm ci && npm test", "npm run demo"]) {
    expect(read(page)).toContain(`\n${command}`);
  }
});

/** The blocks of code of a page in this language, without comments. */
function blocks(page: string, language: string): string[] {
  const found = read(page).matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "gm"));
  return [...found].map(([, code = ""]) => code.replace(/\s*(?:\/\/|#).*$/gm, ""));
}

test("both READMEs show the same program, commands and settings", () => {
  expect(blocks("README.md", "js")[0]).toContain("createWaxseal(");
  expect(blocks("README.zh-CN.md", "js")[0]).toBe(blocks("README.md", "js")[0]);
  expect(blocks("README.zh-CN.md", "sh")).toEqual(blocks("README.md", "sh"));
});

test("the settings of the README send through 163's server", () => {
  const settings163 = blocks("README.md", "sh").find((block) => block.includes("EMAIL_HOST_USER"));
  const lines = [...(settings163 ?? "").matchAll(/^(\w+)='?([^'\n]+)'?$/gm)];
  const config = fromEnv(Object.fromEntries(lines.map(([, name = "", value = ""]) => [name, value])));
  const mailer = config.mailers?.["default"] as SmtpMailerConfig | undefined;
  expect(config.defaultFromEmail).toBe("mac <mac@163.com>");
  const options = smtpOptionsFor({ auth: { user: mailer?.user ?? "", password: mailer?.password } });
  expect(options).toMatchObject({ host: "smtp.163.com", port: 465, security: "tls" });
});

test.each(["README.md", "README.zh-CN.md"])("%s names every subpath of the sending parts", (page) => {
  for (const part of ["mail", "smtp", "signing", "testing"])
    expect(read(page)).toContain(`\n- **\`waxseal/${part}\`**`);
});
