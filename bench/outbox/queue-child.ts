/**
 * Waxseal with a queue of a length, in a process of its own: how long a single message takes, and how much memory all takes.
 *
 *   node queue-child.js SMTP_PORT QUEUED
 *
 * Answers { deliver } with the peak of memory after so many deliveries, and { probe } with the delays of so many critical messages.
 */
import { sql } from "kysely";
import { mailOf, recipient } from "../smtp/messages.ts";
import { openHouse } from "./house.ts";

/** Milliseconds to the server's 250: since the caller asked, and since he was told of the commit. */
export interface Delay {
  sinceCall: number;
  sinceCommit: number;
}

const [smtpPort, queued = "0"] = process.argv.slice(2);
const { subject, text } = mailOf(1000);
let taken = 0;
/** Who waits for the acceptance of which recipient. */
const awaited = new Map<string, (at: number) => void>();

const { database, mail, outbox } = await openHouse("sqlite", smtpPort, (to) => {
  taken++;
  awaited.get(to)?.(performance.now());
});

/** One message, and then the database copies it: what is measured is the queue as it stands, not how it came to be. */
async function fill(count: number): Promise<void> {
  if (count === 0) return;
  const first = await outbox.enqueue(await mail.compose({ to: [recipient(0)], subject, text }), { priority: "low" });
  const { kysely } = database;
  for (let made = 1; made < count;) {
    const step = Math.min(10_000, count - made);
    const rows = sql`with recursive n (i) as (select ${made} union all select i + 1 from n where i < ${made + step - 1})`;
    const key = sql`printf('%s%08x', substr(${first}, 1, 28), n.i)`;
    await kysely.transaction().execute(async (tx) => {
      const row = await tx.selectFrom("outbox_messages").selectAll().where("id", "=", first).executeTakeFirstOrThrow();
      const columns = Object.keys(row);
      const own: Record<string, ReturnType<typeof sql>> = { id: key, message_id: sql`printf('<%d@example.com>', n.i)` };
      const copied = columns.map((name) => own[name] ?? sql.ref(`m.${name}`));
      await sql`insert into outbox_messages (${sql.join(columns.map((name) => sql.ref(name)))}) ${rows} select ${sql.join(copied)} from n, outbox_messages m where m.id = ${first}`.execute(
        tx,
      );
      await sql`insert into outbox_bodies (message_id, bytes) ${rows} select ${key}, b.bytes from n, outbox_bodies b where b.message_id = ${first}`.execute(
        tx,
      );
      await sql`insert into outbox_recipients (message_id, position, address, state, detail) ${rows} select ${key}, 0, printf('customer%d@example.net', n.i), 'queued', '' from n`.execute(
        tx,
      );
    });
    made += step;
  }
}

/** Of critical messages, one after the other. */
async function probe(times: number): Promise<Delay[]> {
  const delays: Delay[] = [];
  for (let index = 0; index < times; index++) {
    const to = `probe${index}@example.net`;
    const composed = await mail.compose({ to: [to], subject, text });
    const accepted = new Promise<number>((resolve) => awaited.set(to, resolve));
    const asked = performance.now();
    await outbox.enqueue(composed, { priority: "critical" });
    const committed = performance.now();
    const at = await accepted;
    delays.push({ sinceCall: at - asked, sinceCommit: at - committed });
    awaited.delete(to);
    await pause(20);
  }
  return delays;
}

/** The most memory that the process held while it delivered so many. */
async function deliver(times: number): Promise<{ peakBytes: number }> {
  const before = taken;
  let peakBytes = 0;
  const isDone = (): boolean => taken - before >= times;
  while (!isDone()) {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    await pause(10);
  }
  return { peakBytes };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

await fill(Number(queued));
outbox.start();
process.on("message", async (question: { probe?: number; deliver?: number }) => {
  process.send?.(question.probe === undefined ? await deliver(question.deliver ?? 0) : await probe(question.probe));
});
process.on("disconnect", () => process.exit());
process.send?.({ ready: true });
