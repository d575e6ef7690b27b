import { describe, expect, test } from "vitest";
import { createMail, createMailers, dummyBackend } from "../../mail/index.ts";
import { postgresDatabase, postgresMissing } from "../../../test/support/postgres.ts";
import { listenToStatements } from "../../../test/outbox/statements.ts";
import { type Entry, entryOf } from "../entry.ts";
import { postgresStore } from "./postgres.ts";

const NOW = 1_800_000_000_000;
const mail = createMail({ mailers: createMailers({ default: dummyBackend() }), defaultFromEmail: "shop@x.cn" });

async function entry(text: string): Promise<Entry> {
  return entryOf(await mail.compose({ to: ["a@x.cn"], subject: "s", text }), {}, NOW, 1000);
}

describe.skipIf(postgresMissing)("on postgres", () => {
  test("each message of a turn gets its own body, the empty ones and those that have none too", async () => {
    const { kysely } = await postgresDatabase();
    const [first, empty, none, last] = [
      await entry("first"),
      await entry(""),
      await entry(""),
      await entry("\u0000last"),
    ];
    const entries = [first, { ...empty, bytes: new Uint8Array() }, { ...none, bytes: undefined }, last];
    expect(await postgresStore.insert(kysely, entries)).toEqual([true, true, true, true]);
    const ids = entries.map(({ message }) => message.id);
    const found = new Map((await postgresStore.bodies(kysely, ids)).map((row) => [row.message_id, row.bytes]));
    expect(entries.map(({ message }) => found.get(message.id))).toEqual(
      entries.map(({ bytes }) => (bytes === undefined ? undefined : Buffer.from(bytes))),
    );
  });

  test("outcomes and new messages are one statement, and an outcome that is not the owner's is told so", async () => {
    const { kysely } = await postgresDatabase();
    const old = await Promise.all(["ours", "lost"].map(entry));
    const leased = old.map(({ message, ...rest }, at) => ({
      ...rest,
      message: { ...message, lease_owner: at === 0 ? "we" : "another" },
    }));
    await postgresStore.insert(kysely, leased);
    const settlements = leased.map(({ message: { id } }) => ({
      id,
      owner: "we",
      attempts: 1,
      unreached: 0,
      state: "sent" as const,
      dueAt: null,
      wait: null,
      finishedAt: NOW,
      takeovers: 0,
      wipesBody: true,
      attempt: undefined,
      recipients: [{ position: 0, state: "sent" as const, detail: "250 ok" }],
    }));
    const fresh = await entry("fresh");
    expect(await postgresStore.write(kysely, settlements, [fresh, leased[0] ?? fresh])).toEqual({
      settled: [true, false],
      inserted: [true, false],
    });
    const ids = [...leased, fresh].map(({ message }) => message.id);
    const recipients = await postgresStore.recipients(kysely, ids);
    expect(new Map(recipients.map(({ message_id: id, state }) => [id, state]))).toEqual(
      new Map(ids.map((id, at) => [id, at === 0 ? "sent" : "queued"])),
    );
    expect((await postgresStore.bodies(kysely, ids)).map(({ message_id: id }) => id).toSorted()).toEqual(
      ids.slice(1).toSorted(),
    );
  });

  test("when the next message is due is read at the head of each lane, however long the queue", async () => {
    const database = await postgresDatabase();
    const heard = listenToStatements(database);
    await postgresStore.nextDue(database.kysely, ["default"], NOW);
    const [statement] = [...heard.values()];
    const plan = await database.postgres?.run(`explain ${statement?.sql}`, statement?.parameters);
    expect(JSON.stringify(plan)).toContain(
      "Index Cond: ((mailer = lane.mailer) AND (priority = rank.rank) AND (due_at >",
    );
  });
});
