/**
 * What so many messages cost, enqueued by so many callers at once and sent by this process.
 *
 *   node cost-child.js sqlite|POSTGRES_URL SMTP_PORT CALLERS MESSAGES
 *
 * Sends one message to its parent: the figures.
 */
import { sql } from "kysely";
import { SqliteHold } from "../../src/db/drivers/sqlite-connection.ts";
import { mailOf, recipient } from "../smtp/messages.ts";
import { openHouse } from "./house.ts";

/** All of it for `messages` messages. */
export interface Costs {
  messages: number;
  commits: number;
  /** Of the database on the disk. */
  bytes: number;
  /** Of this process. */
  cpuMs: number;
  wallMs: number;
}

const [where = "sqlite", smtpPort, callers = "1", count = "1000"] = process.argv.slice(2);
const messages = Number(count);
const { subject, text } = mailOf(4000);

let commitsSeen = 0;
// oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
const { commit } = SqliteHold.prototype;
SqliteHold.prototype.commit = function () {
  commitsSeen++;
  return commit.call(this);
};

const { database, mail, outbox } = await openHouse(where, smtpPort);
outbox.start();

async function commits(): Promise<number> {
  if (database.dialect === "sqlite") return commitsSeen;
  // What a connection has done reaches the statistics when it has rested for a second.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const { rows } = await sql<{ n: number }>`
    select xact_commit as n from pg_stat_database where datname = current_database()`.execute(database.kysely);
  return Number(rows[0]?.n ?? 0);
}

async function size(): Promise<number> {
  const { rows } =
    database.dialect === "sqlite"
      ? await sql<{
          n: number;
        }>`select page_count * page_size as n from pragma_page_count(), pragma_page_size()`.execute(database.kysely)
      : await sql<{ n: number }>`select pg_database_size(current_database()) as n`.execute(database.kysely);
  return Number(rows[0]?.n ?? 0);
}

async function run(times: number): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < times) await outbox.enqueue(await mail.compose({ to: [recipient(next++)], subject, text }));
  };
  await Promise.all(Array.from({ length: Number(callers) }, caller));
  await outbox.flush();
}

await run(200);
const before = { commits: await commits(), bytes: await size() };
const cpu = process.cpuUsage();
const began = performance.now();
await run(messages);
const wallMs = performance.now() - began;
const { user, system } = process.cpuUsage(cpu);
const costs: Costs = {
  messages,
  commits: (await commits()) - before.commits,
  bytes: (await size()) - before.bytes,
  cpuMs: (user + system) / 1000,
  wallMs,
};
process.send?.(costs);
process.on("disconnect", () => process.exit());
