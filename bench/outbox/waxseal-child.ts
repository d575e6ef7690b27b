/**
 * Waxseal as a contender, in a process of its own.
 *
 *   node waxseal-child.js enqueue|enqueue-composed|enqueue-each|path|work sqlite|service|POSTGRES_URL [SMTP_PORT] [PROCESSES]
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Took } from "../smtp/measure.ts";
import { mailOf, recipient } from "../smtp/messages.ts";
import { openHouse } from "./house.ts";

const [what = "", where = "", smtpPort, processes = "1"] = process.argv.slice(2);
/** As many callers as a busy server has. */
const CALLERS = 100;
const { subject, text } = mailOf(1000);

const { database, mail, outbox, start } = await openHouse(where, smtpPort);
const helpers: ChildProcess[] = [];
if (what === "path" || what === "work") start();
const others = what === "path" ? Number(processes) - 1 : 0;
for (let other = 0; other < others; other++) {
  const args = ["work", where, smtpPort ?? ""];
  const helper = fork(fileURLToPath(import.meta.url), args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  await new Promise((resolve) => helper.once("message", resolve));
  helpers.push(helper);
}

const composedBefore = await mail.compose({ to: [recipient(0)], subject, text });

async function enqueue(index: number): Promise<void> {
  const composed =
    what === "enqueue-composed" ? composedBefore : await mail.compose({ to: [recipient(index)], subject, text });
  if (what !== "enqueue-each") await outbox.enqueue(composed);
  // What a program does that knows of no group commit.
  else await database.kysely.transaction().execute((tx) => outbox.enqueue(composed, { tx }));
}

/** In the order of the index of what is due: this must not cost what is measured. */
const waiting = database.kysely
  .selectFrom("outbox_messages")
  .select("id")
  .where("due_at", "is not", null)
  .orderBy("mailer")
  .orderBy("priority")
  .orderBy("due_at")
  .limit(1);

async function untilDelivered(): Promise<void> {
  for (;;) {
    if (helpers.length === 0) await outbox.flush();
    if ((await waiting.executeTakeFirst()) === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function run(times: number): Promise<Took> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < times) await enqueue(next++);
  };
  await Promise.all(Array.from({ length: Math.min(CALLERS, times) }, caller));
  if (what === "path") await untilDelivered();
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1000 };
}

process.on("message", async ({ times }: { times: number }) => process.send?.(await run(times)));
process.on("disconnect", () => {
  for (const helper of helpers) helper.disconnect();
  process.exit();
});
process.send?.({ ready: true });
