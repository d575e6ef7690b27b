/** `kill -9` between the commit and the 250, before the commit, and whenever: what was answered is there. */
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createTransport } from "nodemailer";
import { type Database, migrate, openDatabase } from "../../src/db/index.ts";
import { createApiKeys } from "../../src/inbox/index.ts";
import { type BundledChild, bundleChild, startChild } from "../support/bundled-child.ts";
import { loggedIn, submit, type Talk } from "../support/submission-server.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";

interface Place {
  url: string;
  secret: string;
  start(
    step: "before" | "after" | "never",
  ): Promise<{ child: BundledChild; port: number; client: () => Promise<Talk> }>;
  /** The ids in the outbox. */
  ids(): Promise<string[]>;
}

async function newPlace(): Promise<Place> {
  const script = await bundleChild("submission-child.ts");
  const url = `sqlite:${join(tempFolder(), "outbox.db")}`;
  const open = async <T>(work: (database: Database) => Promise<T>): Promise<T> => {
    await using database = await openDatabase(url);
    return await work(database);
  };
  const secret = await open(async (database) => {
    await migrate(database);
    return (await createApiKeys({ database }).create("shop")).secret;
  });
  return {
    url,
    secret,
    start: async (step) => {
      const child = startChild(script, [url, step]);
      const port = Number(await until(() => child.lines.join("\n").match(/port (\d+)/)?.[1]));
      return { child, port, client: () => loggedIn({ port, secret }) };
    },
    ids: () =>
      open(async (database) => {
        const rows = await database.kysely.selectFrom("outbox_messages").select("id").execute();
        return rows.map(({ id }) => id);
      }),
  };
}

const letter = (...headers: string[]): string =>
  [
    ...headers,
    "Message-ID: <order-17@shop.example>",
    "From: shop@shop.example",
    "To: ann@x.cn",
    "",
    "Thank you",
    "",
  ].join("\r\n");

test(
  "killed before the commit: nothing is stored, the client got no answer, and its next try is the only one",
  { timeout: 60_000 },
  async () => {
    const { start, ids } = await newPlace();
    const first = await start("before");
    const answer = submit(await first.client(), letter()).catch(() => "none");
    await until(() => first.child.lines.includes("not yet committed"));
    await first.child.kill();
    expect(await answer).toBe("none");
    expect(await ids()).toEqual([]);
    const second = await start("never");
    expect(await submit(await second.client(), letter())).toMatch(/^250 /);
    expect(await ids()).toHaveLength(1);
  },
);

test(
  "killed between the commit and the 250: it is stored; its next try is another message, unless it has an idempotency key",
  { timeout: 60_000 },
  async () => {
    const { start, ids } = await newPlace();
    const named = letter("X-Waxseal-Idempotency-Key: order-17");
    for (const message of [letter(), named]) {
      const { child, client } = await start("after");
      const answer = submit(await client(), message).catch(() => "none");
      await until(() => child.lines.some((line) => line.startsWith("committed")));
      await child.kill();
      expect(await answer).toBe("none");
    }
    const before = await ids();
    expect(before).toHaveLength(2);
    const { client } = await start("never");
    const again = await client();
    expect(await submit(again, letter())).toMatch(/^250 /);
    expect(await ids()).toHaveLength(3);
    const answer = await submit(again, named);
    expect(before).toContain(/queued as (\S+)/.exec(answer)?.[1]);
    expect(await ids()).toHaveLength(3);
  },
);

test("killed at any time, every message that was answered with 250 is there, once", { timeout: 60_000 }, async () => {
  const { start, ids, secret } = await newPlace();
  const answered: string[] = [];
  for (const killAfter of [1, 40, 90]) {
    const { child, port } = await start("never");
    const transport = createTransport({
      host: "127.0.0.1",
      port,
      auth: { user: "x", pass: secret },
      pool: true,
      maxConnections: 6,
      ignoreTLS: true,
    });
    onTestFinished(() => transport.close());
    const goal = answered.length + killAfter;
    const send = async (): Promise<void> => {
      for (;;) {
        const { response } = await transport.sendMail({ from: "shop@shop.example", to: "ann@x.cn", text: "x" });
        answered.push(/queued as (\S+)/.exec(response)?.[1] ?? response);
      }
    };
    const senders = Array.from({ length: 6 }, () => send().catch(() => {}));
    await until(() => answered.length >= goal);
    await child.kill();
    transport.close();
    await Promise.all(senders);
  }
  const stored = await ids();
  expect(stored).toEqual(expect.arrayContaining(answered));
  expect(new Set(answered).size).toBe(answered.length);
  // At most one for each sender whose answer was on its way when the process was killed.
  expect(stored.length - answered.length).toBeLessThanOrEqual(3 * 6);
});
