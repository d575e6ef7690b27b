import { describe, expect, test } from "vitest";
import { fixedClock } from "../../testing/clock.ts";
import { eachDatabase } from "../../../test/support/postgres.ts";
import type { Logger } from "../../base/index.ts";
import type { OutboxEvent } from "../events.ts";
import type { EventSink } from "../seams.ts";
import { createSuppressions } from "./suppressions.ts";
import type { NewSuppression, SuppressionReason } from "./types.ts";

const START = Date.parse("2026-03-01T00:00:00Z");
const DAY = 86_400_000;

eachDatabase((open, dialect) => {
  async function setUp(options: { events?: EventSink; logger?: Logger } = {}) {
    const database = await open();
    const clock = fixedClock(START);
    const suppressions = createSuppressions({ database, clock, ...options });
    const isHeld = async (address: string, stream: string | null): Promise<string | undefined> =>
      (await suppressions.find(database.kysely, [{ address, stream }], clock.now())).get(address);
    return { database, clock, suppressions, isHeld };
  }

  test("an entry keeps back what its reason and its stream say, and nothing else", async () => {
    const { suppressions, isHeld } = await setUp();
    // Mail of no stream (account mail), of "news", of "offers".
    const table: [SuppressionReason, string, boolean, boolean, boolean][] = [
      ["bounce", "", true, true, true],
      ["invalid", "", true, true, true],
      ["manual", "", true, true, true],
      ["complaint", "", false, true, true],
      ["unsubscribe", "", false, true, true],
      ["bounce", "news", false, true, false],
      ["manual", "news", false, true, false],
      ["complaint", "news", false, true, false],
      ["unsubscribe", "news", false, true, false],
    ];
    for (const [reason, stream, ...expected] of table) {
      const address = `${reason}-${stream}@example.com`;
      await suppressions.add({ address, stream, reason });
      const held = [null, "news", "offers"].map(async (asked) => (await isHeld(address, asked)) !== undefined);
      expect(await Promise.all(held), `${reason} of ${JSON.stringify(stream)}`).toEqual(expected);
    }
    expect(await isHeld("eve@example.com", "news")).toBeUndefined();
  });

  test("an address is known again in any case and script of its domain, and nothing else is folded", async () => {
    const { suppressions, isHeld } = await setUp();
    await suppressions.add({ address: "Mac.Lee+x@例子.中国" });
    expect(await isHeld("mac.lee+x@xn--fsqu00a.XN--FIQS8S", null)).toBe("manual");
    expect(await isHeld("maclee+x@xn--fsqu00a.xn--fiqs8s", null)).toBeUndefined();
    expect(await isHeld("mac.lee@xn--fsqu00a.xn--fiqs8s", null)).toBeUndefined();
  });

  test("an address that nobody could have does not stop the queue", async () => {
    const { database, suppressions, isHeld } = await setUp();
    const entry = { address: "not an address", reason: "no such reason", detail: "550 no", messageId: "m1" };
    await suppressions.suppress(database.kysely, entry, START);
    expect(await isHeld("Not an Address", null)).toBe("bounce: 550 no");
  });

  test("a bounce ends after 90 days, a complaint never", async () => {
    const { database, clock, suppressions, isHeld } = await setUp();
    for (const reason of ["bounce", "complaint"]) {
      const entry = { address: `${reason}@example.com`, reason, detail: "", messageId: "m1" };
      await suppressions.suppress(database.kysely, entry, clock.now());
    }
    clock.advance(90 * DAY - 1);
    expect(await isHeld("bounce@example.com", "news")).toBe("bounce");
    clock.advance(1);
    expect(await isHeld("bounce@example.com", "news")).toBeUndefined();
    clock.advance(9000 * DAY);
    expect(await isHeld("complaint@example.com", "news")).toBe("complaint");
  });

  test("a bounce that ends leaves the complaint beside it, and does not shorten what a person decided", async () => {
    const { database, clock, suppressions, isHeld } = await setUp();
    await suppressions.add({ address: "ann@example.com", reason: "complaint" });
    await suppressions.add({ address: "eve@example.com", reason: "bounce", expiresAt: null });
    for (const address of ["ann@example.com", "eve@example.com"]) {
      await suppressions.suppress(database.kysely, { address, reason: "bounce", detail: "550", messageId: "m" }, START);
    }
    expect(await isHeld("ann@example.com", null)).toBe("bounce: 550");
    clock.advance(91 * DAY);
    expect(await isHeld("ann@example.com", null)).toBeUndefined();
    expect(await isHeld("ann@example.com", "news")).toBe("complaint");
    expect(await isHeld("eve@example.com", null)).toBe("bounce: 550");
  });

  test("of many recipients each gets its own answer", async () => {
    const { database, suppressions } = await setUp();
    const all = Array.from({ length: 1200 }, (_, index) => ({ address: `u${index}@example.com`, stream: null }));
    for (const index of [0, 499, 500, 1199]) await suppressions.add({ address: `U${index}@example.com` });
    const found = await suppressions.find(database.kysely, all, START);
    expect([...found.keys()]).toEqual(["u0@example.com", "u499@example.com", "u500@example.com", "u1199@example.com"]);
  });

  test("what this process adds counts at once, what another adds to an empty list after a second at the latest", async () => {
    const { database, clock, suppressions, isHeld } = await setUp();
    const other = createSuppressions({ database, clock });
    expect(await isHeld("ann@example.com", null)).toBeUndefined();
    await other.add({ address: "ann@example.com" });
    expect(await isHeld("ann@example.com", null)).toBeUndefined();
    clock.advance(1000);
    expect(await isHeld("ann@example.com", null)).toBe("manual");
    await other.add({ address: "eve@example.com" });
    expect(await isHeld("eve@example.com", null)).toBe("manual");
    await other.remove("ann@example.com");
    expect(await isHeld("ann@example.com", null)).toBeUndefined();
    await suppressions.add({ address: "bob@example.com" });
    expect(await isHeld("bob@example.com", null)).toBe("manual");
  });

  test("an empty list is asked once a second, and not at all for no recipient", async () => {
    const { database, suppressions } = await setUp();
    let statements = 0;
    const counted = database.kysely.withPlugin({
      transformQuery: ({ node }) => {
        statements++;
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    for (let call = 0; call < 10; call++) {
      await suppressions.find(counted, [], START);
      await suppressions.find(counted, [{ address: `u${call}@example.com`, stream: "news" }], START + call);
    }
    expect(statements).toBe(1);
  });

  test("what is added in a transaction that is rolled back is not in the list", async () => {
    const { database, suppressions, isHeld } = await setUp();
    const undone = database.kysely.transaction().execute(async (tx) => {
      await suppressions.add({ address: "ann@example.com" }, { tx });
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    expect(await isHeld("ann@example.com", null)).toBeUndefined();
  });

  test("an entry can be looked at and removed, by stream and by reason; the log says by whom and why", async () => {
    const lines: unknown[] = [];
    const { suppressions } = await setUp({ logger: { log: (...line) => lines.push(line) } });
    const entries: NewSuppression[] = [
      { address: "ann@example.com", reason: "bounce", detail: "550 5.1.1 no such user" },
      { address: "ann@example.com", reason: "unsubscribe", stream: "news" },
      { address: "ann@example.com", reason: "complaint", stream: "news" },
    ];
    for (const entry of entries) await suppressions.add(entry);
    const reasons = async (): Promise<string[]> =>
      (await suppressions.get("ANN@example.com")).map(({ stream, reason }) => `${stream}:${reason}`);
    expect(await reasons()).toEqual([":bounce", "news:complaint", "news:unsubscribe"]);
    expect(await suppressions.remove("ann@example.com", { reason: "bounce", by: "mac", why: "new mailbox" })).toEqual([
      {
        address: "ann@example.com",
        stream: "",
        reason: "bounce",
        detail: "550 5.1.1 no such user",
        messageId: undefined,
        createdAt: START,
        expiresAt: START + 90 * DAY,
      },
    ]);
    expect(lines.at(-1)).toEqual([
      "info",
      "outbox.suppression-removed",
      { address: "ann@example.com", stream: "", reason: "bounce", by: "mac", why: "new mailbox" },
    ]);
    expect(await suppressions.remove("ann@example.com", { stream: "" })).toEqual([]);
    await suppressions.remove("ann@example.com", { stream: "news" });
    expect(await reasons()).toEqual([]);
  });

  test("the list comes in pages, and can be narrowed by beginning, stream and reason", async () => {
    const { suppressions } = await setUp();
    for (const name of ["Ann", "ann.b", "ann_c", "bob", "zoë"]) {
      const address = name === "zoë" ? "zoe@büro.example" : `${name}@example.com`;
      await suppressions.add({ address, reason: "bounce" });
      await suppressions.add({ address, reason: "unsubscribe", stream: "news" });
    }
    const names = async (filter: Parameters<typeof suppressions.list>[0]): Promise<string[]> =>
      (await suppressions.list(filter)).map(({ address, reason }) => `${address} ${reason}`);
    const all = await names({});
    expect(all).toHaveLength(10);
    expect(all.slice(0, 3)).toEqual([
      "ann.b@example.com bounce",
      "ann.b@example.com unsubscribe",
      "Ann@example.com bounce",
    ]);
    const pages: string[] = [];
    for (let page = await suppressions.list({ limit: 3 }); page.length > 0;) {
      pages.push(...page.map(({ address, reason }) => `${address} ${reason}`));
      const after = page.at(-1);
      page = await suppressions.list({ limit: 3, ...(after !== undefined && { after }) });
    }
    expect(pages).toEqual(all);
    expect(await names({ prefix: "ANN", reason: "bounce" })).toEqual([
      "ann.b@example.com bounce",
      "Ann@example.com bounce",
      "ann_c@example.com bounce",
    ]);
    expect(await names({ stream: "news", limit: 1 })).toEqual(["ann.b@example.com unsubscribe"]);
    expect(await names({ prefix: "zoe@xn--" })).toHaveLength(2);
    expect(await names({ stream: "none" })).toEqual([]);
  });

  test("unsubscribing twice is unsubscribing once, is told once, and can be taken back", async () => {
    const recorded: OutboxEvent[] = [];
    const announced: OutboxEvent[] = [];
    const events: EventSink = {
      record: async (_tx, list) => void recorded.push(...list),
      announce: (list) => void announced.push(...list),
    };
    const { suppressions, isHeld } = await setUp({ events });
    const from = { address: "Ann@example.com", stream: "news", messageId: "<1@example.com>" };
    await suppressions.unsubscribe(from);
    await suppressions.unsubscribe({ ...from, address: "ann@EXAMPLE.com" });
    expect(recorded).toEqual(announced);
    expect(recorded).toHaveLength(1);
    expect(recorded[0]).toMatchObject({
      type: "unsubscribed",
      at: START,
      messageId: "<1@example.com>",
      recipients: ["Ann@example.com"],
      stream: "news",
    });
    expect(await isHeld("ann@example.com", "news")).toBe("unsubscribe: by the link in a mail");
    expect(await isHeld("ann@example.com", null)).toBeUndefined();
    await suppressions.add({ address: "ann@example.com", reason: "bounce", stream: "news" });
    await suppressions.resubscribe(from);
    expect((await suppressions.get("ann@example.com")).map(({ reason }) => reason)).toEqual(["bounce"]);
  });

  test("of clicks at the same time one is told, and one that had ended counts anew", async () => {
    const announced: OutboxEvent[] = [];
    const { clock, suppressions, isHeld } = await setUp({
      events: { announce: (list) => void announced.push(...list) },
    });
    const from = { address: "ann@example.com", stream: "news" };
    await suppressions.add({ ...from, reason: "unsubscribe", expiresAt: START + 5 });
    clock.advance(5);
    expect(await isHeld("ann@example.com", "news")).toBeUndefined();
    await Promise.all([1, 2, 3].map(() => suppressions.unsubscribe(from)));
    expect(await isHeld("ann@example.com", "news")).toBe("unsubscribe: by the link in a mail");
    expect(announced).toHaveLength(1);
  });

  test("what cannot be recorded is not done", async () => {
    const events: EventSink = { record: () => Promise.reject(new Error("no room")) };
    const { suppressions, isHeld } = await setUp({ events });
    await expect(suppressions.unsubscribe({ address: "ann@example.com", stream: "news" })).rejects.toThrow("no room");
    expect(await isHeld("ann@example.com", "news")).toBeUndefined();
  });

  test("the event of an unsubscription tells of the mail that held the link", async () => {
    const recorded: OutboxEvent[] = [];
    const { database, suppressions } = await setUp({
      events: { record: async (_tx, list) => void recorded.push(...list) },
    });
    await database.kysely
      .insertInto("outbox_messages")
      .values({
        id: "m1",
        mailer: "bulk",
        envelope_from: "",
        envelope_extras: JSON.stringify({ tags: ["weekly"], metadata: { edition: "9" } }),
        subject: "",
        message_id: "<1@example.com>",
        size: 1,
        state: "sent",
        priority: 3,
        on_unknown: "resend",
        sensitive: 0,
        group_name: "g",
        attempts: 1,
        created_at: START - 5,
        expires_at: START,
      } as never)
      .execute();
    await suppressions.unsubscribe({ address: "ann@example.com", stream: "", messageId: "<1@example.com>" });
    expect(recorded[0]).toMatchObject({
      id: "m1",
      mailer: "bulk",
      priority: "low",
      group: "g",
      tags: ["weekly"],
      metadata: { edition: "9" },
      createdAt: START - 5,
      attempts: 1,
    });
  });

  test("what cannot be is refused by name", async () => {
    const { database, suppressions } = await setUp();
    await expect(suppressions.add({ address: "ann" })).rejects.toMatchObject({ code: "WX_MESSAGE_ADDRESS" });
    const odd = suppressions.add({ address: "ann@example.com", reason: "boune" as never });
    await expect(odd).rejects.toMatchObject({ code: "WX_OUTBOX_SUPPRESSION" });
    await expect(odd).rejects.toThrow(/"boune".*manual, invalid, bounce/);
    expect(() => createSuppressions({ database, day: {} } as never)).toThrow(/no option "day". Did you mean days\?/);
    expect(() => createSuppressions({ database, days: { bounces: 3 } as never })).toThrow(/Did you mean bounce\?/);
    expect(() => createSuppressions({ database, days: { bounce: "3" as never } })).toThrow('days.bounce is "3". Give');
    const misspelt = createSuppressions({ database }).add({ address: "ann@example.com", resaon: "bounce" } as never);
    await expect(misspelt).rejects.toThrow('A suppression has no field "resaon". Did you mean reason?');
  });

  describe("as CSV", () => {
    const lines = async (suppressions: ReturnType<typeof createSuppressions>): Promise<string> => {
      let text = "";
      for await (const piece of suppressions.exportCsv()) text += piece;
      return text;
    };
    async function* of(...pieces: string[]): AsyncIterable<string> {
      yield* pieces;
    }

    test("the list leaves, and comes back the same into another database", async () => {
      const { suppressions } = await setUp();
      await suppressions.add({ address: '"a,b"@example.com', reason: "bounce", detail: '550 "no",\nsuch user' });
      await suppressions.add({ address: "=1+1@example.com", stream: "-news", reason: "unsubscribe", detail: "'=x" });
      await suppressions.add({ address: "ann@example.com" });
      const text = await lines(suppressions);
      expect(text).toContain("'=1+1@example.com,'-news,unsubscribe,''=x,2026-03-01T00:00:00.000Z,\n");
      const { suppressions: second } = await setUp();
      const report = await second.importCsv(of(text.slice(0, 50), text.slice(50)));
      expect(report).toEqual({ read: 3, taken: 3, skipped: 0, problems: [] });
      expect(await second.list()).toEqual(await suppressions.list());
    });

    test("an empty list is a header, and more than a page is all of it", async () => {
      const { suppressions } = await setUp();
      expect(await lines(suppressions)).toBe("address,stream,reason,detail,created_at,expires_at\n");
      const many = Array.from({ length: 2500 }, (_, index) => `u${index}@example.com,manual\n`);
      const report = await suppressions.importCsv(of("address,reason\n", ...many, "u1@example.com,manual\n"));
      expect([report.read, report.taken]).toEqual([2501, 2501]);
      expect((await lines(suppressions)).split("\n")).toHaveLength(2502);
    });
  });

  test.runIf(dialect === "sqlite")("a broken line is reported by its number, and the others are taken", async () => {
    const { suppressions } = await setUp();
    const told: number[] = [];
    async function* file(): AsyncIterable<Buffer> {
      yield Buffer.from("\ufeffaddress,reason,created_at\r\nann@example.com,bounce,\r\nno address,bounce,\r\n");
      yield Buffer.from(
        "eve@example.com,\r\n\r\nbob@example.com,bounce,yesterday\r\nmäx@x.example,bounce,\r\nlast@例子",
      );
      yield Buffer.from(".cn,bounce,2026-01-02T03:04:05Z,too,many");
    }
    const report = await suppressions.importCsv(file(), { onProblem: ({ line }) => void told.push(line) });
    expect(report).toEqual({
      read: 6,
      taken: 3,
      skipped: 3,
      problems: [
        { line: 3, problem: expect.stringContaining("no @") },
        { line: 4, problem: expect.stringContaining("it has no reason; use one of manual") },
        { line: 6, problem: expect.stringContaining('created_at is "yesterday"') },
      ],
    });
    expect(told).toEqual([3, 4, 6]);
    expect((await suppressions.list()).map(({ address }) => address)).toEqual([
      "ann@example.com",
      "last@例子.cn",
      "mäx@x.example",
    ]);
  });
});
