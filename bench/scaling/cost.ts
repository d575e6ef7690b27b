/** What the limits cost a message in CPU, on SQLite in memory: the claim, the admission and the lesson. */
import { migrate, openDatabase } from "../../src/db/index.ts";
import { type SharedLimits, sharedLimits, type SharedLimitsOptions } from "../../src/outbox/limits/shared-limits.ts";
import type { AttemptResult } from "../../src/outbox/policy.ts";
import { candidateOf } from "../../test/support/waiting-messages.ts";

const plenty = 1_000_000_000;
const rules: SharedLimitsOptions["rules"] = [
  { scope: "mailer", windows: [60, 86_400].map((seconds) => ({ count: plenty, seconds })) },
];
const accepted: AttemptResult = {
  kind: "accepted",
  receipt: { server: "mx", accepted: [], rejected: [], response: "250 ok" },
};

/** Rows of a Markdown table: microseconds of CPU for each message, by the size of a claim. */
export async function costRows(): Promise<string[]> {
  const rows: string[] = [];
  for (const [name, options] of [
    ["nothing is limited", {}],
    ["two windows", { rules }],
  ] as const) {
    const cells: string[] = [];
    for (const batch of [1, 32]) cells.push((await cost(sharedLimits(options), batch)).toFixed(1));
    rows.push(`| ${name} | ${cells.join(" | ")} |`);
  }
  return rows;
}

async function cost(limits: SharedLimits, batch: number): Promise<number> {
  await using database = await openDatabase("sqlite::memory:");
  await migrate(database);
  const db = database.kysely;
  const candidates = Array.from({ length: batch }, (_, index) => candidateOf({ id: `m${index}` }));
  const claim = async (now: number): Promise<void> => {
    await limits.allow(db, ["default"], batch, now);
    await limits.admit(db, candidates, now);
    for (const candidate of candidates) await limits.learn(db, candidate, accepted, now);
  };
  const claims = 1_000;
  for (let index = 0; index < claims; index++) await claim(index);
  const before = process.cpuUsage();
  for (let index = 0; index < claims; index++) await claim(claims + index);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / claims / batch;
}
