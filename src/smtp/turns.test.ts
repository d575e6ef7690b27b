import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

test("no more than the limit work at once, and the longest waiting comes first", async () => {
  const turns = new Turns(2, 10);
  const order: number[] = [];
  let working = 0;
  let most = 0;
  const work = async (number: number): Promise<void> => {
    expect(await turns.take()).toBeUndefined();
    most = Math.max(most, (working += 1));
    order.push(number);
    await new Promise(setImmediate);
    working -= 1;
    turns.release();
  };
  await Promise.all([1, 2, 3, 4, 5, 6].map(work));
  expect(most).toBe(2);
  expect(order).toEqual([1, 2, 3, 4, 5, 6]);
});

test("one who gives up leaves the queue, and a full queue takes no more", async () => {
  const turns = new Turns(1, 1);
  await turns.take();
  const giveUp = new AbortController();
  const first = turns.take(giveUp.signal);
  expect(await turns.take()).toBe("full");
  giveUp.abort();
  expect(await first).toBe("aborted");
  expect(await turns.take(giveUp.signal)).toBe("aborted");
  const second = turns.take();
  turns.release();
  expect(await second).toBeUndefined();
});

test("closing refuses who waits and who comes, and waits for who works", async () => {
  const turns = new Turns(1, 10);
  await turns.take();
  const waiting = turns.take();
  let closed = false;
  const closing = Promise.all([turns.close(), turns.close()]).then(() => (closed = true));
  expect(await waiting).toBe("closed");
  expect(await turns.take()).toBe("closed");
  await new Promise(setImmediate);
  expect(closed).toBe(false);
  turns.release();
  await closing;
});
