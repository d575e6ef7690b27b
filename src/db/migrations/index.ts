/** Every migration by its name; they run in the order of the names and are never changed once released. */
import type { Migration } from "kysely";

// Loaded when they run: they need all of Kysely, which a program that only sends does not.
const files: Readonly<Record<string, () => Promise<{ up: Migration["up"] }>>> = {
  "0001-initial": () => import("./0001-initial.ts"),
  "0002-envelope": () => import("./0002-envelope.ts"),
  "0003-diagnosis": () => import("./0003-diagnosis.ts"),
  "0004-durable-queue": () => import("./0004-durable-queue.ts"),
  "0005-tenant-shares": () => import("./0005-tenant-shares.ts"),
};

/** The migrations of this version, in order. */
export const migrationNames: readonly string[] = Object.keys(files);

export async function loadMigrations(): Promise<Record<string, Migration>> {
  const loaded = Object.entries(files).map(async ([name, load]) => [name, { up: (await load()).up }] as const);
  return Object.fromEntries(await Promise.all(loaded));
}
