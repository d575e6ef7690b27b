import { expect, onTestFinished, test, vi } from "vitest";
import { fixedClock } from "../../test/support/fixed-clock.ts";
import { composedMail, inState, outboxOn, scriptedBackend } from "../../test/support/outbox.ts";
import { postgresDatabase, postgresMissing } from "../../test/support/postgres.ts";
import { testDatabase } from "../../test/support/test-database.ts";
import { systemClock } from "../base/index.ts";
import { sharedTime } from "./time.ts";

/** Sets the machine's clock, for this test. */
function setClock(ms: number): void {
  const spy = vi.spyOn(Date, "now").mockReturnValue(ms);
  onTestFinished(() => spy.mockRestore());
}

test.skipIf(postgresMissing)("on Postgres the server's time counts, whatever the machine's clock says", async () => {
  const database = await postgresDatabase();
  const right = Date.now();
  let steady = 0;
  const time = sharedTime(database, systemClock, () => steady);
  setClock(right + 3_600_000);
  await time.refresh();
  expect(Math.abs(time.now() - right)).toBeLessThan(60_000);
  const before = time.now();
  setClock(right - 3_600_000);
  steady += 1_500;
  expect(time.now() - before).toBe(1_500);
});

test("on SQLite, and where a clock was handed in, that one counts", async () => {
  const clock = fixedClock();
  const time = sharedTime(await testDatabase(), clock, () => 0);
  await time.refresh();
  expect(time.now()).toBe(clock.now());
});

test.skipIf(postgresMissing)("processes on one Postgres hear of each other's messages without looking", async () => {
  const database = await postgresDatabase();
  const { backend, sent } = scriptedBackend();
  const worker = outboxOn(database, backend, { pollMs: 600_000 });
  const producer = outboxOn(database, backend);
  worker.start();
  const first = await worker.enqueue(composedMail("first"));
  await inState(worker, first, "sent"); // it listens by now, or soon
  const ids: string[] = [];
  while (sent.length < 3) {
    ids.push(await producer.enqueue(composedMail("other")));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const id of ids) expect(await inState(worker, id, "sent")).toMatchObject({ attempts: 1 });
});

test.skipIf(postgresMissing)("a message of the caller's transaction goes as soon as that commits", async () => {
  const database = await postgresDatabase();
  const outbox = outboxOn(database, scriptedBackend().backend, { pollMs: 600_000 });
  outbox.start();
  await inState(outbox, await outbox.enqueue(composedMail("first")), "sent");
  const id = await database.kysely.transaction().execute(async (tx) => {
    const enqueued = await outbox.enqueue(composedMail(), { tx });
    await new Promise((resolve) => setTimeout(resolve, 200)); // long enough for a look that finds nothing
    return enqueued;
  });
  expect(await inState(outbox, id, "sent")).toMatchObject({ attempts: 1 });
});
