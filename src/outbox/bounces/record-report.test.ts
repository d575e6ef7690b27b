import { expect, test } from "vitest";
import { newId } from "../../base/index.ts";
import type { Database } from "../../db/index.ts";
import { fixedClock } from "../../../test/support/fixed-clock.ts";
import { eachDatabase } from "../../../test/support/postgres.ts";
import { insertSent as sent, type Sent } from "../../../test/support/sent-message.ts";
import type { OutboxEvent } from "../events.ts";
import { createBounceAddresses } from "./bounce-addresses.ts";
import { type Bounces, type BouncesOptions, createBounces } from "./bounces.ts";
import type { Report, ReportedRecipient } from "./report.ts";

const NOW = Date.parse("2026-03-02T12:00:00Z");
const addresses = createBounceAddresses({ secret: "a secret of some length", domain: "bounces.example" });
const ann = "ann@example.com";
const bob = "Bob@Example.NET";

const hard: ReportedRecipient = {
  address: ann,
  kind: "hard-bounce",
  status: "5.1.1",
  detail: "550 5.1.1 User unknown",
  server: "mail.example.com",
};

function reportOn({ messageId }: Pick<Sent, "messageId">, ...recipients: ReportedRecipient[]): Report {
  return { format: "dsn", id: "r1", messageIds: [messageId], sentTo: [], recipients, at: NOW - 1000 };
}

interface Desk {
  bounces: Bounces;
  suppressed: { address: string; reason: string; messageId: string }[];
  recorded: OutboxEvent[];
  announced: OutboxEvent[];
}

function deskOn(database: Database, options: Partial<BouncesOptions> = {}): Desk {
  const suppressed: Desk["suppressed"] = [];
  const recorded: OutboxEvent[] = [];
  const announced: OutboxEvent[] = [];
  const bounces = createBounces({
    database,
    addresses,
    clock: fixedClock(NOW),
    suppression: {
      suppress: async (_tx, { address, reason, messageId }) => void suppressed.push({ address, reason, messageId }),
    },
    sinks: [
      {
        record: async (_tx, events) => void recorded.push(...events),
        announce: (events) => void announced.push(...events),
      },
    ],
    ...options,
  });
  return { bounces, suppressed, recorded, announced };
}

async function standing({ kysely }: Database, { id }: Sent): Promise<{ state: string; recipients: string[][] }> {
  const message = await kysely
    .selectFrom("outbox_messages")
    .select("state")
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  const rows = await kysely
    .selectFrom("outbox_recipients")
    .selectAll()
    .where("message_id", "=", id)
    .orderBy("position")
    .execute();
  return { state: message.state, recipients: rows.map(({ state, detail }) => [state, detail]) };
}

eachDatabase((open) => {
  test("a hard bounce fails the recipient, suppresses the address and is told", async () => {
    const database = await open();
    const message = await sent(database, [ann, bob]);
    const { bounces, suppressed, recorded, announced } = deskOn(database);
    expect(await bounces.record(reportOn(message, hard), "test")).toEqual({
      outcome: "recorded",
      recipients: [{ messageId: message.id, address: ann, kind: "hard-bounce" }],
    });
    expect(await standing(database, message)).toEqual({
      state: "failed",
      recipients: [
        ["failed", "bounced: 550 5.1.1 User unknown"],
        ["sent", "250 ok"],
      ],
    });
    expect(suppressed).toEqual([{ address: ann, reason: "bounce", messageId: message.id }]);
    expect(announced).toEqual(recorded);
    expect(announced).toEqual([
      expect.objectContaining({
        type: "bounced",
        at: NOW,
        id: message.id,
        messageId: message.messageId,
        recipients: [ann],
        priority: "critical",
        tenant: "acme",
        tags: ["welcome"],
        server: "mail.example.com",
        code: 550,
        enhancedCode: "5.1.1",
      }),
    ]);
    expect(await bounces.list({ messageId: message.id })).toEqual([
      {
        messageId: message.id,
        address: ann,
        kind: "hard-bounce",
        status: "5.1.1",
        detail: "550 5.1.1 User unknown",
        source: "test",
        at: NOW - 1000,
      },
    ]);
  });

  test("the same bounce twice is one, whoever brings it", async () => {
    const database = await open();
    const message = await sent(database);
    const { bounces, suppressed, announced } = deskOn(database);
    await bounces.record(reportOn(message, hard), "imap");
    expect(await bounces.record({ ...reportOn(message, hard), id: "r2" }, "webhook")).toEqual({
      outcome: "repeated",
      recipients: [],
    });
    expect([suppressed.length, announced.length, (await bounces.list()).length]).toEqual([1, 1, 1]);
  });

  test.each([
    ["soft-bounce", "failed", [], ["bounced"]],
    ["delayed", "sent", [], []],
    ["delivered", "sent", [], []],
    ["complaint", "sent", ["complaint"], ["complained"]],
    ["unsubscribe", "sent", ["unsubscribe"], ["unsubscribed"]],
  ] as const)(
    "of a %s, the recipient is %s, suppressed for %j, and told are %j",
    async (kind, state, reasons, types) => {
      const database = await open();
      const message = await sent(database);
      const { bounces, suppressed, announced } = deskOn(database);
      expect(await bounces.record(reportOn(message, { ...hard, kind }), "test")).toMatchObject({ outcome: "recorded" });
      expect(await standing(database, message)).toMatchObject({ state, recipients: [[state, expect.anything()]] });
      expect(suppressed.map(({ reason }) => reason)).toEqual(reasons);
      expect(announced.map(({ type }) => type)).toEqual(types);
      expect(await bounces.list({ messageId: message.id })).toMatchObject([{ kind }]);
    },
  );

  test("addresses are compared without their case, and by the name that a forward gave them", async () => {
    const database = await open();
    const message = await sent(database, [bob]);
    const { bounces, suppressed } = deskOn(database);
    const forwarded = { ...hard, address: "elsewhere@example.org", aliases: ["bob@example.net"] };
    await bounces.record(reportOn(message, forwarded), "test");
    expect(suppressed).toMatchObject([{ address: bob }]);
  });

  test("a forged report about strangers touches nobody", async () => {
    const database = await open();
    const message = await sent(database);
    const other = await sent(database, ["victim@example.com"]);
    const { bounces, suppressed, announced } = deskOn(database);
    const forged = reportOn(message, { ...hard, address: "victim@example.com" });
    expect(await bounces.record(forged, "test")).toMatchObject({ outcome: "unmatched" });
    expect([suppressed, announced]).toEqual([[], []]);
    expect(await standing(database, message)).toMatchObject({ state: "sent" });
    expect(await standing(database, other)).toMatchObject({ state: "sent" });
  });

  test("a report about no message of ours is kept once, and does nothing", async () => {
    const database = await open();
    const { bounces, suppressed } = deskOn(database);
    const report = reportOn({ messageId: "<unknown@example.org>" }, hard, { ...hard, address: bob });
    for (let time = 0; time < 2; time++)
      expect(await bounces.record(report, "test")).toMatchObject({ outcome: "unmatched" });
    expect(await bounces.list()).toMatchObject([{ messageId: undefined, address: ann }]);
    expect(suppressed).toEqual([]);
  });

  test("a signed bounce address finds message and recipient, whomever the report names", async () => {
    const database = await open();
    const message = await sent(database, [ann, bob]);
    const { bounces, suppressed } = deskOn(database);
    const report = { ...reportOn({ messageId: "<lost@x>" }, { ...hard, address: "moved@example.org" }) };
    await bounces.record({ ...report, sentTo: ["x@y.example", addresses.write(message.id, 1)] }, "smtp");
    expect(suppressed).toMatchObject([{ address: bob }]);
  });

  test("a signed bounce address of the whole message goes by the names", async () => {
    const database = await open();
    const message = await sent(database, [ann, bob]);
    const { bounces, suppressed } = deskOn(database);
    await bounces.record(
      { ...reportOn({ messageId: "<lost@x>" }, hard), sentTo: [addresses.write(message.id)] },
      "smtp",
    );
    expect(suppressed).toMatchObject([{ address: ann }]);
  });

  test("a signed bounce address of a message with one recipient means that one, wherever a forward led", async () => {
    const database = await open();
    const message = await sent(database);
    const { bounces, suppressed } = deskOn(database);
    const report = reportOn({ messageId: "<lost@x>" }, { ...hard, address: "moved@example.org" });
    await bounces.record({ ...report, sentTo: [addresses.write(message.id)] }, "smtp");
    expect(suppressed).toMatchObject([{ address: ann }]);
  });

  test("a report that names nobody is about the one recipient, and of two about neither", async () => {
    const database = await open();
    const one = await sent(database);
    const two = await sent(database, [ann, bob]);
    const { bounces, suppressed } = deskOn(database);
    const nameless = { ...hard, kind: "complaint", address: "" } as const;
    expect(await bounces.record(reportOn(one, nameless), "test")).toMatchObject({ outcome: "recorded" });
    expect(await bounces.record(reportOn(two, nameless), "test")).toMatchObject({ outcome: "unmatched" });
    expect(suppressed).toEqual([{ address: ann, reason: "complaint", messageId: one.id }]);
  });

  test("of two messages under one Message-ID, the one with the recipient is meant", async () => {
    const database = await open();
    const messageId = "<same@shop.example>";
    const first = await sent(database, [ann], { message_id: messageId });
    const second = await sent(database, [bob], { message_id: messageId });
    const { bounces } = deskOn(database);
    await bounces.record(reportOn({ messageId }, { ...hard, address: bob }), "test");
    expect([await standing(database, first), await standing(database, second)]).toMatchObject([
      { state: "sent" },
      { state: "failed" },
    ]);
  });

  test("of a conversation with the same person, the message that came back is meant", async () => {
    const database = await open();
    const earlier = await sent(database);
    const later = await sent(database);
    const { bounces } = deskOn(database);
    await bounces.record({ ...reportOn(later, hard), messageIds: [later.messageId, earlier.messageId] }, "test");
    expect([await standing(database, earlier), await standing(database, later)]).toMatchObject([
      { state: "sent" },
      { state: "failed" },
    ]);
  });

  test.each(["queued", "deferred", "failed", "held", "cancelled", "suppressed"])(
    "a recipient that is %s stays so, and the bounce is shown",
    async (recipientState) => {
      const database = await open();
      const message = await sent(database, [ann], { recipientState });
      const { bounces, suppressed } = deskOn(database);
      await bounces.record(reportOn(message, hard), "test");
      expect(await standing(database, message)).toMatchObject({ state: recipientState });
      expect([suppressed.length, (await bounces.list()).length]).toEqual([1, 1]);
    },
  );

  test("a recipient of whom nothing was known has bounced all the same", async () => {
    const database = await open();
    const message = await sent(database, [ann], { recipientState: "unknown" });
    const { bounces } = deskOn(database);
    await bounces.record(reportOn(message, hard), "test");
    expect(await standing(database, message)).toMatchObject({ state: "failed" });
  });

  test("while the message is being delivered, it is too soon", async () => {
    const database = await open();
    const message = await sent(database, [ann], { recipientState: "queued", lease_owner: "w", due_at: NOW + 60_000 });
    const { bounces } = deskOn(database);
    expect(await bounces.record(reportOn(message, hard), "test")).toEqual({ outcome: "too-soon", recipients: [] });
    expect(await bounces.list()).toEqual([]);
    const late = { ...reportOn(message, hard), at: NOW - 16 * 60_000 };
    expect(await bounces.record(late, "test")).toMatchObject({ outcome: "recorded" });
  });

  test("a provider's id finds the message that it answered to, and before that it is too soon", async () => {
    const database = await open();
    const message = await sent(database);
    const { bounces, suppressed } = deskOn(database);
    const report = { ...reportOn({ messageId: "<theirs@provider>" }, hard), providerId: "56761188-7520" };
    expect(await bounces.record(report, "webhook")).toMatchObject({ outcome: "too-soon" });
    const attempt = { server: "api.example", stage: "", code: 0, enhanced_code: "", diagnosis: null };
    await database.kysely
      .insertInto("outbox_attempts")
      .values({ message_id: message.id, number: 1, at: NOW, outcome: "sent", text: "56761188-7520", ...attempt })
      .execute();
    expect(await bounces.record(report, "webhook")).toMatchObject({ outcome: "recorded" });
    expect(suppressed).toMatchObject([{ address: ann }]);
    const unknown = { ...report, providerId: "another", at: NOW - 61_000 };
    expect(await bounces.record(unknown, "webhook")).toMatchObject({ outcome: "unmatched" });
  });

  test("what a sink cannot write takes everything back", async () => {
    const database = await open();
    const message = await sent(database);
    const announced: unknown[] = [];
    const broken = {
      record: () => Promise.reject(new Error("no")),
      announce: (events: unknown) => void announced.push(events),
    };
    const { bounces } = deskOn(database, { sinks: [broken] });
    await expect(bounces.record(reportOn(message, hard), "test")).rejects.toThrow("no");
    expect([await standing(database, message), await bounces.list(), announced]).toMatchObject([
      { state: "sent" },
      [],
      [],
    ]);
  });

  test("a real mail is taken from its bytes to the recipient's state", async () => {
    const database = await open();
    const message = await sent(database, [ann], { message_id: "<0190-orig@shop.example>" });
    const { bounces } = deskOn(database);
    const { readFile } = await import("node:fs/promises");
    const raw = await readFile("test/vectors/bounces/163-words.eml");
    expect(await bounces.take(raw, { source: "file" })).toMatchObject({ outcome: "recorded" });
    expect(await standing(database, message)).toMatchObject({ state: "failed" });
    expect(await bounces.take(await readFile("test/vectors/bounces/auto-reply.eml"), { source: "file" })).toEqual({
      outcome: "auto-reply",
      recipients: [],
    });
    expect(await bounces.take(Buffer.from("Subject: Hi\r\n\r\nHi"), { source: "file" })).toMatchObject({
      outcome: "no-report",
    });
  });

  test("a thousand recipients of one report are each marked", async () => {
    const database = await open();
    const to = Array.from({ length: 1000 }, (_, n) => `u${n}@example.com`);
    const message = await sent(database, to);
    const { bounces } = deskOn(database);
    const recipients = to.map((address) => ({ ...hard, address }));
    expect((await bounces.record(reportOn(message, ...recipients), "test")).recipients).toHaveLength(1000);
    expect((await standing(database, message)).recipients.every(([state]) => state === "failed")).toBe(true);
  });
});

test("which addresses take bounces", async () => {
  const bounces = createBounces({ database: {} as Database, addresses, mailboxes: ["Bounces@example.com"] });
  expect(bounces.accepts("bounces@EXAMPLE.com")).toBe(true);
  expect(bounces.accepts(addresses.write(newId(NOW)))).toBe(true);
  expect(bounces.accepts("b123@bounces.example")).toBe(false);
  expect(bounces.accepts("ann@example.com")).toBe(false);
});

test("a misspelt option is refused", () => {
  expect(() => createBounces({ database: {} as Database, adresses: addresses } as BouncesOptions)).toThrow(
    expect.objectContaining({ code: "WX_OUTBOX_OPTIONS" }),
  );
});
