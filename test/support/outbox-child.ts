/** A process with an outbox, which enqueues, delivers or both until it is killed; its one argument is the JSON of an `OutboxOrder`. */
import { describeError, systemClock } from "../../src/base/index.ts";
import { openDatabase } from "../../src/db/index.ts";
import { type Composed, smtpBackend } from "../../src/mail/index.ts";
import { createOutbox, type Outbox, type OutboxOptions, pgBossEngine } from "../../src/outbox/index.ts";
import { setTripwire, type Tripwire } from "./tripwire.ts";

/** What such a process is to do. */
export interface OutboxOrder {
  url: string;
  /** Its name in the greeting to the server, and in its messages' ids. */
  name: string;
  port: number;
  /** Default: the one in the box. */
  engine?: "pg-boss";
  enqueues?: boolean;
  delivers?: boolean;
  leaseMs?: number;
  concurrency?: number;
  /** Messages on one connection at the most. */
  perConnection?: number;
  /** It stands still there. */
  stopAt?: Tripwire;
  /** By how much its wall clock jumps at a SIGUSR2, in milliseconds. */
  jumpMs?: number;
  /** Holds the database's write lock for so long and does nothing else, in milliseconds. */
  holdMs?: number;
}

const order = JSON.parse(process.argv[2] ?? "") as OutboxOrder;
const { url, name, port, leaseMs, concurrency } = order;
if (order.stopAt !== undefined) setTripwire(order.stopAt);
const database = await openDatabase(url, { thread: order.stopAt === undefined });

function say(words: string): void {
  process.stdout.write(`${words}\n`);
}

/** The machine's clock, which a signal makes jump. */
function jumpingClock(jumpMs: number): Pick<OutboxOptions, "clock"> {
  let ahead = 0;
  process.on("SIGUSR2", () => {
    ahead += jumpMs;
    say("jumped");
  });
  return { clock: { now: () => Date.now() + ahead, sleep: systemClock.sleep } };
}

const smtp = smtpBackend({
  host: "127.0.0.1",
  port,
  security: "none",
  clientName: `${name}.example`,
  ...(order.perConnection !== undefined && { maxMessagesPerConnection: order.perConnection }),
});
const outbox = createOutbox({
  database,
  mailer: () => smtp,
  pollMs: 50,
  ...(order.engine !== undefined && {
    engine: await pgBossEngine({ database, concurrency, heartbeatSeconds: 10, pollMs: 100 }),
  }),
  leaseMs,
  concurrency,
  logger: { log: (_level, event, fields) => say(`log ${event} ${String(fields?.["id"] ?? "")}`) },
  ...(order.jumpMs !== undefined && jumpingClock(order.jumpMs)),
});

function mailOf(id: string): Composed {
  return {
    envelope: { from: "shop@shop.example", to: ["ann@x.cn"] },
    bytes: Buffer.from(`Message-ID: <${id}@shop.example>\r\nSubject: ${id}\r\n\r\n${"Thank you. ".repeat(20)}\r\n`),
    messageId: `<${id}@shop.example>`,
    subject: id,
  };
}

let count = 0;

/** The policy is the last letter of the id: `h` is held rather than sent twice. */
function nextMail(): { message: Composed; options: { onUnknown: "hold" | "resend" } } {
  const isHeld = ++count % 3 === 0;
  return {
    message: mailOf(`${name}.${count}.${isHeld ? "h" : "r"}`),
    options: { onUnknown: isHeld ? "hold" : "resend" },
  };
}

/** Each way into the outbox in its turn. It says a Message-ID only when the call has returned: whoever reads it may count on the message. */
async function enqueueSome(into: Outbox): Promise<void> {
  const mails = Array.from({ length: 5 }, nextMail);
  const way = count % 4;
  if (way === 0) await into.enqueueMany(mails);
  else if (way === 1)
    await database.kysely.transaction().execute(async (tx) => {
      for (const { message, options } of mails) await into.enqueue(message, { ...options, tx });
    });
  else await Promise.all(mails.map(({ message, options }) => into.enqueue(message, options)));
  say(mails.map(({ message }) => `took ${message.messageId}`).join("\n"));
}

async function produce(): Promise<never> {
  for (;;) {
    try {
      await enqueueSome(outbox);
    } catch (error) {
      say(`refused ${describeError(error)}`);
    }
    await systemClock.sleep(Math.random() * 60);
  }
}

async function holdLock(ms: number): Promise<void> {
  await database.kysely.transaction().execute(async (tx) => {
    await tx.insertInto("outbox_marks").values({ name: "held", value: "1" }).execute();
    say("holds");
    await systemClock.sleep(ms);
  });
  say("gave back");
}

say("ready");
if (order.holdMs !== undefined) await holdLock(order.holdMs);
if (order.delivers === true) outbox.start();
if (order.enqueues === true) await produce();
