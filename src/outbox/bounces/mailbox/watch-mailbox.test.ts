import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { type FakeImap, serveImap } from "../../../../test/support/fake-imap.ts";
import { insertSent } from "../../../../test/support/sent-message.ts";
import { testDatabase } from "../../../../test/support/test-database.ts";
import { until } from "../../../../test/support/until.ts";
import { type Clock, type Logger, systemClock } from "../../../base/index.ts";
import type { Database } from "../../../db/index.ts";
import { type Bounces, createBounces } from "../bounces.ts";
import type { BounceMailboxOptions } from "./mailbox-options.ts";
import { watchBounceMailbox } from "./watch-mailbox.ts";

const vector = async (name: string): Promise<string> => {
  const text = await readFile(`test/vectors/bounces/${name}.eml`, "utf8");
  return text.replaceAll("\n", "\r\n");
};

interface Watching {
  server: FakeImap;
  bounces: Bounces;
  database: Database;
  logged: { event: string; fields: Readonly<Record<string, unknown>> }[];
  watch(options?: Partial<BounceMailboxOptions>): { stop(): Promise<void> };
}

/** Waits for nothing: minutes are over at once. */
const hasty: Clock = { now: () => Date.now(), sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal) };

async function setting(options: { wantsId?: boolean } = {}): Promise<Watching> {
  const server = await serveImap(options);
  const database = await testDatabase();
  await insertSent(database, ["ann@example.com"], { message_id: "<0190-orig@shop.example>" });
  const bounces = createBounces({ database });
  const logged: Watching["logged"] = [];
  const logger: Logger = { log: (_level, event, fields = {}) => void logged.push({ event, fields }) };
  const watch: Watching["watch"] = (changes = {}) => {
    const watching = watchBounceMailbox({
      bounces,
      database,
      host: "127.0.0.1",
      port: server.port,
      security: "none",
      user: "app@163.com",
      password: "code",
      clock: hasty,
      logger,
      ...changes,
    });
    onTestFinished(() => watching.stop());
    return watching;
  };
  return { server, bounces, database, logged, watch };
}

const found = (bounces: Bounces, count = 1): Promise<unknown> =>
  until(async () => (await bounces.list()).length >= count);

test("a server that wants to know who reads is told, as NetEase demands", async () => {
  const { server, bounces, watch } = await setting({ wantsId: true });
  server.mails.push(await vector("163-words"));
  watch();
  await found(bounces);
  expect(server.commands.find((command) => command.startsWith("ID"))).toMatch(/"name" "waxseal"/);
});

test("only headers are fetched of mails that are no reports", async () => {
  const { server, bounces, watch } = await setting();
  server.mails.push(await vector("person-about-a-bounce"), await vector("auto-reply"), await vector("qq-words"));
  watch();
  await found(bounces);
  const whole = server.commands.filter((command) => command.includes("BODY.PEEK[]"));
  expect(whole).toEqual(["UID FETCH 3 (BODY.PEEK[]<0.2097152> UID)"]);
});

test("a lost connection is made again, and what came meanwhile is read", async () => {
  const { server, bounces, watch, logged } = await setting();
  server.mails.push(await vector("postfix-delayed"));
  watch();
  await found(bounces);
  server.hangUp();
  server.mails.push(await vector("postfix-failed"));
  await found(bounces, 2);
  expect(server.connections).toBeGreaterThan(1);
  expect(logged).toContainEqual({
    event: "outbox.mailbox-lost",
    fields: expect.objectContaining({ user: "app@163.com" }) as object,
  });
});

test("after a restart only new mails are looked at", async () => {
  const { server, bounces, watch, logged } = await setting();
  const looked = (): unknown[] =>
    logged.filter(({ event }) => event === "outbox.mailbox-read").map(({ fields }) => fields["looked"]);
  server.mails.push(await vector("postfix-delayed"), await vector("auto-reply"));
  const first = watch();
  await until(() => looked().length > 0);
  await first.stop();
  server.mails.push(await vector("postfix-failed"));
  watch();
  await found(bounces, 2);
  await until(() => looked().length > 1);
  expect(looked()).toEqual([2, 1]);
});

test("when the server gave the UIDs out anew, all is read again, and nothing is counted twice", async () => {
  const { server, bounces, watch, logged } = await setting();
  server.mails.push(await vector("postfix-failed"));
  const first = watch();
  await found(bounces);
  await first.stop();
  server.uidValidity = 2;
  logged.length = 0;
  watch();
  await until(() => logged.some(({ event }) => event === "outbox.mailbox-read"));
  expect(logged.find(({ event }) => event === "outbox.mailbox-read")?.fields).toMatchObject({ looked: 1, reports: 1 });
  expect(await bounces.list()).toHaveLength(1);
});

test("a report on a message that is still being sent is read again, before any other", async () => {
  const { server, bounces, watch } = await setting();
  server.mails.push(await vector("postfix-failed"), await vector("yahoo-arf"));
  const outcomes: string[] = [];
  const answers = ["too-soon", "too-soon"];
  const take: Bounces["take"] = async (raw, options) => {
    const early = answers.shift();
    const taken =
      early === undefined ? await bounces.take(raw, options) : ({ outcome: "too-soon", recipients: [] } as const);
    outcomes.push(taken.outcome);
    return taken;
  };
  watch({ bounces: { ...bounces, take } });
  await until(() => outcomes.length === 4);
  expect(outcomes).toEqual(["too-soon", "too-soon", "recorded", "unmatched"]);
});

test("a report that cannot be written down is read again", async () => {
  const { server, bounces, watch } = await setting();
  server.mails.push(await vector("postfix-failed"));
  let failures = 2;
  const take: Bounces["take"] = (raw, options) =>
    failures-- > 0 ? Promise.reject(new Error("disk full")) : bounces.take(raw, options);
  watch({ bounces: { ...bounces, take } });
  await found(bounces);
  expect(failures).toBeLessThan(0);
});

test("a refused log-in is said with what to do, and not tried again for minutes", async () => {
  const { watch, logged, server } = await setting();
  const waits: number[] = [];
  const clock: Clock = {
    now: () => Date.now(),
    sleep: (ms, signal) => (waits.push(ms), systemClock.sleep(60_000, signal)),
  };
  watch({ password: "wrong", clock });
  await until(() => waits.length > 0);
  expect(waits[0]).toBeGreaterThanOrEqual(240_000);
  expect(logged[0]).toMatchObject({
    event: "outbox.mailbox-refused",
    fields: {
      reason: "LOGIN Login error or password error",
      advice: expect.stringContaining("authorization code") as string,
    },
  });
  expect(JSON.stringify(logged)).not.toContain('"wrong"');
  expect(server.connections).toBe(1);
});

test("an access token is asked for at each connection", async () => {
  const { watch } = await setting();
  const accessToken = vi.fn<() => Promise<string>>(() => Promise.reject<string>(new Error("no token today")));
  watch({ password: undefined, accessToken });
  await until(() => accessToken.mock.calls.length >= 2);
  expect(accessToken).toHaveBeenCalledWith();
});

test("a stop ends it at once, whatever it waits for", async () => {
  const { watch, server } = await setting();
  const watching = watch({ clock: systemClock, everySeconds: 3600 });
  await until(() => server.commands.some((command) => command.startsWith("UID SEARCH UID")));
  await watching.stop();
  await watch({ host: "192.0.2.1" }).stop();
  expect(server.connections).toBe(1);
});

test.each<[string, object]>([
  ['no option "pasword"', { pasword: "x" }],
  ["needs host", { host: "" }],
  ["needs user", { user: "" }],
  ["either password or accessToken", { password: undefined }],
  ["either password or accessToken", { accessToken: "x" }],
  ['security is "ssl"', { security: "ssl" }],
  ["after must be", { after: "move" }],
  ["after must be", { after: { moveTo: "" } }],
  ["everySeconds is 0", { everySeconds: 0 }],
  ["sinceDays is -1", { sinceDays: -1 }],
])("%s", (text, changes) => {
  const options = {
    bounces: {},
    database: {},
    host: "h",
    user: "u",
    password: "p",
    ...changes,
  } as BounceMailboxOptions;
  expect(() => watchBounceMailbox(options)).toThrow(
    expect.objectContaining({ code: "WX_OUTBOX_OPTIONS", message: expect.stringContaining(text) as string }),
  );
});
