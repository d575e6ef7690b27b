import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { composed } from "../../test/support/composed.ts";
import { run } from "../../test/support/run-command.ts";
import { tempFolder } from "../../test/support/temp-folder.ts";
import { migrate, openDatabase, openOutbox } from "../index.ts";
import { DeliveryError } from "../mail/index.ts";
import { cancelOutbox, holdOutbox, listOutbox, redriveOutbox, releaseOutbox, showOutbox } from "./outbox.ts";

let database: string;
let [waiting, failed]: [string, string] = ["", ""];

beforeEach(async () => {
  database = `sqlite:${join(tempFolder(), "test.db")}`;
  await using opened = await openDatabase(database);
  await migrate(opened);
  const refuse = async (): Promise<never> => {
    throw new DeliveryError("550 5.1.1 no such user", { retryable: false, outcome: "not-sent", server: "mx.test:25" });
  };
  const outbox = await openOutbox({ database: opened, mailer: () => ({ send: refuse }) });
  failed = await outbox.enqueue(composed({ subject: "Refused\u202e", to: ["gone@example.com"], text: "x" }));
  await outbox.flush();
  await outbox.stop();
  const quiet = await openOutbox({ database: opened, mailer: () => ({ send: refuse }) });
  waiting = await quiet.enqueue(
    composed({ subject: "Waiting", to: ["ann@example.com", "bob@example.com"], text: "x" }),
  );
  await quiet.stop();
});

test("the list shows the newest first, and what the flags ask for", async () => {
  const { out } = await run(() => listOutbox({ database }));
  expect(out.indexOf(waiting)).toBeGreaterThan(0);
  expect(out.indexOf(waiting)).toBeLessThan(out.indexOf(failed));
  expect(out).toMatch(/ann@example\.com \+1/);
  expect(out).toContain("Refused\\u202e"); // what could turn the terminal's text is shown, not obeyed
  const some = await run(() => listOutbox({ database, state: "failed" }));
  expect([some.out.includes(failed), some.out.includes(waiting)]).toEqual([true, false]);
  expect((await run(() => listOutbox({ database, to: "bob@example.com" }))).out).toContain(waiting);
  expect((await run(() => listOutbox({ database, limit: "1" }))).out).toContain(`--before ${waiting}`);
  expect((await run(() => listOutbox({ database, group: "none" }))).out).toBe("No message is like that.");
  const json = JSON.parse((await run(() => listOutbox({ database, json: true }))).out) as { id: string }[];
  expect(json.map(({ id }) => id)).toEqual([waiting, failed]);
});

test("a message is shown with the server's words", async () => {
  const { out } = await run(() => showOutbox(failed, { database }));
  expect(out).toMatch(/failed +gone@example\.com/);
  expect(out).toContain("mx.test:25");
  expect(out).toContain("550 5.1.1 no such user");
  expect(await run(() => showOutbox("none", { database }))).toEqual({
    out: "",
    err: "none: there is no such message.",
    status: 1,
  });
});

test("what rests says when it leaves and why, the same in the list as alone, and what is late goes to standard error", async () => {
  const now = Date.now();
  const until = now + 9 * 3_600_000;
  await using opened = await openDatabase(database);
  const row = { key: "mailer:default", until, reason: "auth", failures: 3, updated_at: now };
  const words = { detail: "Wrong password. (535 no)", detail_zh: "密码错误。（535 no）" };
  await opened.kysely
    .insertInto("outbox_pauses")
    .values({ ...row, ...words })
    .execute();
  const due = { due_at: now - 3_600_000 };
  await opened.kysely.updateTable("outbox_messages").set(due).where("id", "=", waiting).execute();

  const time = `${new Date(until).toISOString().slice(0, 19).replace("T", " ")}Z`;
  const list = await run(() => listOutbox({ database }));
  expect(list.out).toContain(time);
  expect(list.err).toBe(
    "1 wait behind the mailer default, the oldest for 60 minutes: mailer:default rests (auth): Wrong password. (535 no)",
  );
  const { out } = await run(() => showOutbox(waiting, { database }));
  expect(out).toContain(`Next        ${time}`);
  expect(out).toMatch(/Outlook +It leaves at about .* because mailer:default rests \(auth\): Wrong password/);
  const [listed] = JSON.parse((await run(() => listOutbox({ database, json: true }))).out);
  const shown = JSON.parse((await run(() => showOutbox(waiting, { database, json: true }))).out);
  expect([listed.nextAttemptAt, shown.nextAttemptAt, shown.forecast.leavesAt]).toEqual([until, until, until]);
});

test("hold, release, cancel and redrive do it, and say where nothing was changed", async () => {
  expect((await run(() => holdOutbox([waiting], { database }))).out).toBe(`${waiting} is held.`);
  expect((await run(() => releaseOutbox([waiting], { database }))).out).toBe(`${waiting} goes now.`);
  expect((await run(() => cancelOutbox([waiting], { database }))).out).toBe(`${waiting} is cancelled.`);
  expect(await run(() => cancelOutbox([waiting, failed], { database }))).toEqual({
    out: "",
    err: `${waiting}: nothing was changed, it is cancelled.\n${failed}: nothing was changed, it is failed.`,
    status: 1,
  });
  expect((await run(() => redriveOutbox([failed], { database }))).out).toBe(`${failed} is queued again.`);
  expect((await run(() => redriveOutbox([], { database, state: "failed" }))).out).toBe("0 messages are queued again.");
});

test.each([
  [() => listOutbox({ database, state: "faild" }), "Did you mean failed?"],
  [() => listOutbox({ database, limit: "many" }), "whole number"],
  [() => redriveOutbox([], { database }), "give ids, or --state"],
  [() => redriveOutbox([], { database, state: "sent" }), 'no "sent" here'],
])("a flag that cannot be is refused with its fix", async (command, words) => {
  const problems = await command().then(
    () => "",
    (error: { problems?: { problem: string }[] }) => error.problems?.[0]?.problem,
  );
  expect(problems).toContain(words);
});
