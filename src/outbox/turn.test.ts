import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { composedMail, outboxOn, receiptFor } from "../../test/support/outbox.ts";
import { testDatabase } from "../../test/support/test-database.ts";
import { SqliteHold } from "../db/drivers/sqlite-connection.ts";
import type { Backend } from "../mail/index.ts";

/** A file that answers some passes of the event loop later, as one in a thread does. */
function answerLate(): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const { patiently } = SqliteHold.prototype;
  SqliteHold.prototype.patiently = async function (this: SqliteHold, step) {
    const answer = (await Reflect.apply(patiently, this, [step])) as never;
    await sleep(10);
    return answer;
  };
  onTestFinished(() => void (SqliteHold.prototype.patiently = patiently));
}

test("turns that are on their way at once give away no place twice", async () => {
  const database = await testDatabase();
  answerLate();
  const sent: string[] = [];
  let [underWay, most] = [0, 0];
  const backend: Backend = {
    send: async ({ to }) => {
      most = Math.max(most, ++underWay);
      await sleep(60); // beyond the end of the turn behind
      underWay--;
      sent.push(to[0] ?? "");
      return receiptFor(to);
    },
  };
  const outbox = outboxOn(database, backend, { concurrency: 70 });
  outbox.start();
  await outbox.flush();
  const all = Array.from({ length: 600 }, (_, index) => `u${index}@x.cn`);
  for (let from = 0; from < all.length; from += 120) {
    await Promise.all(all.slice(from, from + 120).map((to) => outbox.enqueue(composedMail("News", [to]))));
    await outbox.flush();
  }
  expect(sent.toSorted()).toEqual(all.toSorted());
  expect(most).toBe(70);
});
