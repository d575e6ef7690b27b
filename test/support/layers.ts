/** Which part may import which: the table, and what follows from it. */

const PARTS = [
  "base",
  "signing",
  "smtp",
  "db",
  "mail",
  "outbox",
  "accounts",
  "inbox",
  "web",
  "console",
  "testing",
] as const;

/** A folder of src/, or a file that stands directly in it (without its ending). */
export type Part = (typeof PARTS)[number] | "config" | "waxseal" | "development" | "index" | "cli";

/** Each part, and the parts that its files may import. */
export const LAYERS: Readonly<Record<Part, readonly Part[]>> = {
  base: [],
  signing: ["base"],
  smtp: ["base"],
  db: ["base"],
  mail: ["smtp", "base"],
  outbox: ["mail", "db", "base"],
  accounts: ["mail", "signing", "db", "base"],
  inbox: ["mail", "db", "base"],
  web: ["accounts", "signing", "base"],
  console: ["outbox", "inbox", "base"],
  testing: ["mail", "smtp", "inbox", "base"],
  config: ["mail", "outbox", "base"],
  waxseal: ["config", ...PARTS],
  development: ["waxseal", "config", ...PARTS],
  index: ["waxseal", "config", ...PARTS],
  cli: ["index", "waxseal", "development", "config", "signing", "base"],
};

/** Folders inside a part that are a subpath of the package of their own: other parts may import these too. */
export const FURTHER_DOORS: readonly string[] = ["src/signing/django/index.ts"];

/** The parts whose files may read the environment; all others get plain arguments. */
export const ENVIRONMENT_READERS: readonly Part[] = ["config", "cli"];

/** True for the name of a part. */
export function isPart(name: string): name is Part {
  return Object.hasOwn(LAYERS, name);
}

/** The part a file of src/ belongs to, `smtp` for `src/smtp/pool.ts`, whether there is such a part or not. */
export function partName(file: string): string {
  return (file.split("/")[1] ?? "").replace(/\.tsx?$/, "");
}

/** Everything that is loaded with a part: itself, what it imports, and what those import. */
export function closureOf(part: Part): ReadonlySet<Part> {
  const found = new Set<Part>([part]);
  for (const member of found) for (const lower of LAYERS[member]) found.add(lower);
  return found;
}
