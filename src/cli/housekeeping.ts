/** `waxseal outbox clean` and `vacuum`: what a worker deletes every hour, now, and the space of it back to the disk. */
import { housekeep, type HousekeepingReport, vacuum } from "../index.ts";
import type { CommonFlags } from "./load-config.ts";
import { withWaxseal } from "./with-waxseal.ts";

/** Deletes what is older than its retention, and says how much that was. */
export async function cleanOutbox(flags: CommonFlags): Promise<void> {
  await withWaxseal(flags, async ({ config: { retention }, database, limits: { sweep } }) => {
    console.log(described(await housekeep(database, { retention, sweep })));
  });
}

function described(report: HousekeepingReport): string {
  const deleted: [number, string][] = [
    [report.messages, "messages"],
    [report.bodies, "bodies"],
    [report.bounces, "bounce reports"],
    [report.webhookCalls, "webhook calls"],
    [report.suppressions, "suppressions that had ended"],
    [report.bulkRecipients, "recipients of old bulks"],
  ];
  const some = deleted.filter(([count]) => count > 0).map(([count, what]) => `${count.toLocaleString("en")} ${what}`);
  return some.length === 0 ? "There was nothing to delete." : `Deleted: ${some.join(", ")}.`;
}

/** Makes the file as small as what is in it. */
export async function vacuumOutbox(flags: CommonFlags): Promise<void> {
  await withWaxseal(flags, async ({ database }) => {
    const { before, after } = await vacuum(database);
    const sizes = before === undefined || after === undefined ? "" : ` ${sizeOf(before)} before, ${sizeOf(after)} now.`;
    console.log(`${database.url}: done.${sizes}`);
  });
}

function sizeOf(bytes: number): string {
  return `${(bytes / 1_000_000).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}
