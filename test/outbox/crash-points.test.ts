/** `kill -9` at each crash point of docs/internals.md, by its number there: what is on the disk then, what the next process does, what the server has. */
import { expect, onTestFinished, test } from "vitest";
import { type Composed, smtpBackend } from "../../src/mail/index.ts";
import { createOutbox, type Outbox } from "../../src/outbox/index.ts";
import { fastClock } from "../support/fast-clock.ts";
import { type MailSink, mailSink, type SinkStep } from "../support/mail-sink.ts";
import {
  eachUrl,
  expectWhole,
  opened,
  outboxProcesses,
  type Standing,
  standings,
} from "../support/outbox-processes.ts";
import { STOPPED, type Tripwire } from "../support/tripwire.ts";
import { until } from "../support/until.ts";

const TIMEOUT = { timeout: 60_000 };

// The statements of the outbox, on both databases.
const INSERT = "insert into outbox_messages";
const CLAIM = "update outbox_messages (m )?set lease_owner = [?$]";
const SETTLE = "update outbox_messages (m )?set attempts";
const TAKEOVER = '^update "outbox_messages" set "lease_owner"';
const MARK = '^update "outbox_marks"';
const COMMIT = "^commit$";

const waiting: Partial<Standing> = { state: "queued", isLeased: false, history: [] };
const leased: Partial<Standing> = { state: "queued", isLeased: true, history: [] };
const sent: Partial<Standing> = { state: "sent", isLeased: false, history: ["sent"] };
const sentAgain: Partial<Standing> = { state: "sent", isLeased: false, history: ["interrupted", "sent"] };
const held: Partial<Standing> = { state: "unknown", isLeased: false, history: ["interrupted"] };

/** Larger than what the network between two processes holds while the server does not read. */
const LARGE = 12_000_000;

function mail(subject: string, size = 100): Composed {
  return {
    envelope: { from: "shop@shop.example", to: ["ann@x.cn"] },
    bytes: Buffer.from(
      `Message-ID: <${subject}@shop.example>\r\nX-Fill: more\r\n\r\n${`${"x".repeat(98)}\r\n`.repeat(size / 100)}`,
    ),
    messageId: `<${subject}@shop.example>`,
    subject,
  };
}

/** An outbox of this process, whose time runs fast: the lease of a dead worker is over in half a second. */
async function outboxAt(url: string, port: number): Promise<Outbox> {
  const backend = smtpBackend({ host: "127.0.0.1", port, security: "none", clientName: "next.example" });
  const outbox = createOutbox({ database: await opened(url), mailer: () => backend, ...fastClock(100) });
  onTestFinished(() => outbox.stop({ graceMs: 100 }));
  onTestFinished(() => backend.close?.());
  return outbox;
}

const standing = async (url: string, subject: string): Promise<Standing | undefined> =>
  (await standings(url)).get(`<${subject}@shop.example>`);

const copiesOf = (sink: MailSink, subject: string): number => sink.counts().get(`<${subject}@shop.example>`) ?? 0;

/** The next process does its work, until nothing waits. */
async function finish(outbox: Outbox, url: string): Promise<void> {
  outbox.start();
  await until(async () => [...(await standings(url)).values()].every(({ state }) => /sent|unknown|failed/.test(state)));
}

type Policy = "resend" | "hold";
const bothPolicies: readonly Policy[] = ["resend", "hold"];

/** What a kill at a point leaves, and what comes of it. */
interface Point {
  name: string;
  /** Where the worker is killed: when the server is at that step, or at that statement. */
  at: { step: SinkStep } | { wire: Tripwire };
  left: Partial<Standing>;
  /** Copies that the server has by then. */
  has: number;
  /** What the next process makes of it where it may be sent again, and where it may not. */
  resend: Partial<Standing>;
  hold: Partial<Standing>;
  size?: number;
}

const beforeTheEnd = { left: leased, has: 0, resend: sentAgain, hold: held };
const afterTheEnd = { left: leased, has: 1, resend: sentAgain, hold: held };

const points: Point[] = [
  {
    name: "3: within the claim, before its commit",
    at: { wire: { after: CLAIM, statement: COMMIT, where: "before" } },
    left: waiting,
    has: 0,
    resend: sent,
    hold: sent,
  },
  {
    name: "4: after the claim's commit, before the connection",
    at: { wire: { after: CLAIM, statement: COMMIT, where: "after" } },
    ...beforeTheEnd,
  },
  { name: "5: connected", at: { step: "greeted" }, ...beforeTheEnd },
  { name: "5: MAIL is sent", at: { step: "mail" }, ...beforeTheEnd },
  { name: "5: the server is about to ask for the content", at: { step: "data" }, ...beforeTheEnd },
  { name: "5: a part of the content is sent", at: { step: "half" }, ...beforeTheEnd, size: LARGE },
  { name: "5: the final dot does not arrive", at: { step: "no-dot" }, ...beforeTheEnd },
  { name: "6: after the final dot, before the reply", at: { step: "dot" }, ...afterTheEnd },
  {
    name: "7: the reply is read, and nothing of it written",
    at: { wire: { statement: SETTLE, where: "before" } },
    ...afterTheEnd,
  },
  {
    name: "7: the outcome is written, and not committed",
    at: { wire: { after: SETTLE, statement: COMMIT, where: "before" } },
    ...afterTheEnd,
  },
  {
    name: "9: after the commit of settle",
    at: { wire: { after: SETTLE, statement: COMMIT, where: "after" } },
    left: sent,
    has: 1,
    resend: sent,
    hold: sent,
  },
];

type Case = Point & { policies: readonly Policy[] };

/** A wire stops a worker at its first message, and large ones go one by one; at a step of the conversation it can stand with both. */
function casesOf(point: Point): Case[] {
  if ("step" in point.at && point.size === undefined) return [{ ...point, policies: bothPolicies }];
  return bothPolicies.map((policy) => ({ ...point, policies: [policy] }));
}

eachUrl((urlOf, dialect) => {
  const cases: Case[] = points.flatMap(casesOf).filter(({ at, policies }) => {
    // Neither the conversation nor the policy makes a difference between databases: all of both on Postgres when more is asked for.
    if (dialect === "sqlite" || process.env["WAXSEAL_TEST_RUNS"] !== undefined) return true;
    return "wire" in at ? policies.includes("resend") : at.step === "dot";
  });

  test.for(cases)("$name ($policies)", TIMEOUT, async ({ at, left, has, policies, size, ...then }) => {
    const url = await urlOf();
    const sink = await mailSink({ chunking: size !== undefined }); // which says beforehand how much there is, and is read sooner
    const outbox = await outboxAt(url, sink.port);
    for (const policy of policies) await outbox.enqueue(mail(policy, size), { onUnknown: policy });

    let goOn: (deed: unknown) => void = () => {};
    const killed = new Promise<unknown>((resolve) => (goOn = resolve));
    let count = 0;
    const reached = new Promise<void>((resolve) =>
      sink.at(({ step, peer }) => {
        if (!("step" in at) || step !== at.step) return undefined;
        if (step === "half") peer.stopReading();
        if (++count === policies.length) resolve();
        return killed;
      }),
    );
    const start = await outboxProcesses({ url, port: sink.port, perConnection: 1 });
    const worker = start({ name: "first", delivers: true, ...("wire" in at && { stopAt: at.wire }) });
    await ("wire" in at ? worker.says(new RegExp(STOPPED)) : reached);
    await worker.kill();
    goOn("step" in at && at.step === "no-dot" ? "drop" : undefined);
    await sink.deserted();

    await expectWhole(url);
    for (const policy of policies) {
      expect(await standing(url, policy)).toMatchObject(left);
      expect(copiesOf(sink, policy)).toBe(has);
    }
    sink.at(() => undefined);
    await finish(outbox, url);
    await expectWhole(url);
    for (const policy of policies) {
      expect(await standing(url, policy)).toMatchObject(then[policy]);
      const isSentByNext = then[policy].state === "sent" && left !== sent;
      expect(copiesOf(sink, policy)).toBe(has + (isSentByNext ? 1 : 0));
    }
    // The same bytes each time, but for the dots of the protocol.
    expect(new Set(sink.copies.map(({ messageId, content }) => messageId + content)).size).toBe(sink.counts().size);
  });

  const insertsWithin = [
    { by: "a turn", insert: INSERT, before: 5 },
    { by: "the caller's transaction", insert: 'insert into "outbox_messages"', before: 0 },
  ];

  test.each(insertsWithin)("1: before the commit of enqueue by $by: nothing of it is there", TIMEOUT, async (way) => {
    const url = await urlOf();
    const start = await outboxProcesses({ url, port: 1 });
    const stopAt: Tripwire = { after: way.insert, statement: COMMIT, where: "before" };
    const producer = start({ name: "p", enqueues: true, stopAt });
    await producer.says(new RegExp(STOPPED));
    await producer.kill();
    await expectWhole(url);
    const taken = producer.lines.filter((line) => line.startsWith("took "));
    expect(taken).toHaveLength(way.before);
    expect([...(await standings(url)).keys()].toSorted()).toEqual(taken.map((line) => line.slice(5)).toSorted());
  });

  test.each(insertsWithin)(
    "2: after the commit of enqueue by $by, before its answer: all of it is there, and is sent once",
    TIMEOUT,
    async (way) => {
      const url = await urlOf();
      const sink = await mailSink();
      const start = await outboxProcesses({ url, port: sink.port });
      const stopAt: Tripwire = { after: way.insert, statement: COMMIT, where: "after" };
      const producer = start({ name: "p", enqueues: true, stopAt });
      await producer.says(new RegExp(STOPPED));
      await producer.kill();
      await expectWhole(url);
      const rows = await standings(url);
      expect(producer.lines.filter((line) => line.startsWith("took "))).toHaveLength(way.before);
      expect(rows.size).toBe(way.before + 5);
      for (const row of rows.values()) expect(row).toMatchObject(waiting);
      await finish(await outboxAt(url, sink.port), url);
      expect([...sink.counts()].toSorted()).toEqual([...rows.keys()].toSorted().map((id) => [id, 1]));
    },
  );

  test("4: after an insert under a lease, before the connection: taken over, or held", TIMEOUT, async () => {
    const url = await urlOf();
    const sink = await mailSink();
    const start = await outboxProcesses({ url, port: sink.port });
    const stopAt: Tripwire = { after: INSERT, statement: COMMIT, where: "after" };
    const worker = start({ name: "p", enqueues: true, delivers: true, stopAt });
    await worker.says(new RegExp(STOPPED));
    await worker.kill();
    await sink.deserted();
    const before = sink.counts();
    const rows = [...(await standings(url)).values()].filter(({ isLeased }) => isLeased);
    expect(rows.length).toBeGreaterThanOrEqual(5);
    await finish(await outboxAt(url, sink.port), url);
    const after = await standings(url);
    for (const { messageId } of rows) {
      const isHeld = messageId.includes(".h@");
      expect(after.get(messageId)).toMatchObject(isHeld ? held : sentAgain);
      expect((sink.counts().get(messageId) ?? 0) - (before.get(messageId) ?? 0)).toBe(isHeld ? 0 : 1);
    }
  });

  test.each([
    { when: "before its commit", where: "before", left: leased, takeovers: 0 },
    {
      when: "after it",
      where: "after",
      left: { state: "deferred", isLeased: false, history: ["interrupted"] },
      takeovers: 1,
    },
  ] as const)("10: within a takeover, $when: it is done once", TIMEOUT, async ({ where, left, takeovers }) => {
    const url = await urlOf();
    const sink = await mailSink();
    const outbox = await outboxAt(url, sink.port);
    await outbox.enqueue(mail("again"));
    const database = await opened(url);
    await database.kysely.updateTable("outbox_messages").set({ lease_owner: "dead", due_at: 1 }).execute();
    const start = await outboxProcesses({ url, port: sink.port });
    const stopAt: Tripwire = { after: TAKEOVER, statement: COMMIT, where };
    const worker = start({ name: "first", delivers: true, leaseMs: 200, stopAt });
    await worker.says(new RegExp(STOPPED));
    await worker.kill();
    expect(await standing(url, "again")).toMatchObject(left);
    const rows = await database.kysely.selectFrom("outbox_messages").select("takeovers").execute();
    expect(rows).toEqual([{ takeovers }]);
    await finish(outbox, url);
    expect(await standing(url, "again")).toMatchObject(sentAgain);
    expect(copiesOf(sink, "again")).toBe(1);
  });

  test.each([
    { when: "before its commit", where: "before", isMoved: false },
    { when: "after it", where: "after", isMoved: true },
  ] as const)("11: as a clock that was set back is noticed, $when", TIMEOUT, async ({ where, isMoved }) => {
    const url = await urlOf();
    const sink = await mailSink();
    const outbox = await outboxAt(url, sink.port);
    await outbox.enqueue(mail("again"));
    const { kysely } = await opened(url);
    const ahead = Date.now() + 3_600_000;
    await kysely
      .insertInto("outbox_marks")
      .values({ name: "clock", value: String(ahead) })
      .execute();
    await kysely.updateTable("outbox_messages").set({ due_at: ahead }).execute();
    const start = await outboxProcesses({ url, port: sink.port });
    const stopAt: Tripwire = { after: MARK, statement: COMMIT, where };
    const worker = start({ name: "first", delivers: true, stopAt });
    await worker.says(new RegExp(STOPPED));
    await worker.kill();
    const mark = await kysely.selectFrom("outbox_marks").select("value").where("name", "=", "clock").executeTakeFirst();
    const row = await kysely.selectFrom("outbox_messages").select("due_at").executeTakeFirst();
    expect([Number(mark?.value) < ahead, Number(row?.due_at) < ahead]).toEqual([isMoved, isMoved]);
    await finish(outbox, url);
    expect(await standing(url, "again")).toMatchObject(sent);
    expect(copiesOf(sink, "again")).toBe(1);
  });

  test.skipIf(dialect === "sqlite")(
    "8: the commit of settle has left, and its answer was not read: it took place or it did not, and nothing between",
    TIMEOUT,
    async () => {
      const url = await urlOf();
      const sink = await mailSink();
      const outbox = await outboxAt(url, sink.port);
      await outbox.enqueue(mail("sent"));
      const start = await outboxProcesses({ url, port: sink.port });
      const stopAt: Tripwire = { after: SETTLE, statement: COMMIT, where: "sent" };
      const worker = start({ name: "first", delivers: true, stopAt });
      await worker.says(new RegExp(STOPPED));
      await worker.kill();
      await expectWhole(url);
      await finish(outbox, url);
      const { history } = (await standing(url, "sent")) ?? expect.unreachable();
      expect([["sent"], ["interrupted", "sent"]]).toContainEqual(history);
      expect(copiesOf(sink, "sent")).toBe(history.length);
    },
  );
});
