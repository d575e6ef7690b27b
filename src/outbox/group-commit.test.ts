import { expect, test } from "vitest";
import { groupCommit } from "./group-commit.ts";

interface Item {
  name: string;
  bytes?: number;
  isUrgent?: boolean;
  goesAhead?: boolean;
}

/** Commits into a list; "bad" does not go in, and while the disk is full nothing does. */
function ledger() {
  const turns: string[][] = [];
  const answered: string[] = [];
  const failed: string[] = [];
  const disk = { isFull: false };
  const turnsOf = groupCommit<Item>({
    commit: async (items) => {
      if (disk.isFull) throw new Error("full");
      if (items.some(({ name }) => name === "bad")) throw new Error("bad");
      turns.push(items.map(({ name }) => name));
      return items.map(
        ({ name }) =>
          () =>
            void answered.push(name),
      );
    },
    weigh: ({ bytes = 0 }) => bytes,
    fail: ({ name }, error) => void failed.push(`${name}: ${String(error)}`),
    isUrgent: ({ isUrgent = true }) => isUrgent,
    goesAhead: ({ goesAhead = false }) => goesAhead,
    isUnavailable: (error) => String(error).includes("full"),
  });
  return { ...turnsOf, turns, answered, failed, disk };
}

test("what is asked for at the same time is one commit, and what comes meanwhile the next", async () => {
  const { push, settled, turns } = ledger();
  push({ name: "a" });
  push({ name: "b" });
  await settled();
  push({ name: "c" });
  await settled();
  expect(turns).toEqual([["a", "b"], ["c"]]);
});

test("what nobody waits for gathers after a turn, and goes along with what somebody waits for", async () => {
  const { push, settled, turns } = ledger();
  push({ name: "a" });
  await settled();
  push({ name: "outcome 1", isUrgent: false });
  await new Promise((resolve) => setImmediate(resolve));
  push({ name: "outcome 2", isUrgent: false });
  push({ name: "b" });
  await settled();
  push({ name: "outcome 3", isUrgent: false });
  await settled();
  expect(turns).toEqual([["a"], ["outcome 1", "outcome 2", "b"], ["outcome 3"]]);
});

test("a bad item fails alone, wherever it stands", async () => {
  const { push, settled, turns, failed } = ledger();
  for (const name of ["a", "b", "bad", "c", "d", "e", "f"]) push({ name });
  await settled();
  expect(failed).toEqual(["bad: Error: bad"]);
  expect(turns.flat().toSorted()).toEqual(["a", "b", "c", "d", "e", "f"]);
});

test("where nothing can be written all fail at once, and the next turn is tried anew", async () => {
  const { push, settled, turns, failed, disk } = ledger();
  disk.isFull = true;
  push({ name: "a" });
  push({ name: "b" });
  await settled();
  expect(failed).toEqual(["a: Error: full", "b: Error: full"]);
  disk.isFull = false;
  push({ name: "c" });
  await settled();
  expect(turns).toEqual([["c"]]);
});

test("a turn is bounded in items and bytes, and a larger item goes alone", async () => {
  const { push, settled, turns } = ledger();
  for (let index = 0; index < 600; index++) push({ name: "small" });
  push({ name: "large", bytes: 20 * 1024 * 1024 });
  push({ name: "large", bytes: 20 * 1024 * 1024 });
  await settled();
  expect(turns.map((turn) => turn.length)).toEqual([512, 88, 1, 1]);
});

test("where many wait, the next turn begins before the last is answered, and all are answered in their order", async () => {
  const { push, settled, turns, answered } = ledger();
  const all = Array.from({ length: 200 }, (_, index) => `m${index}`);
  push({ name: "first" });
  await new Promise((resolve) => setImmediate(resolve));
  for (const name of all) push({ name });
  await settled();
  expect(turns.flat()).toEqual(["first", ...all]);
  expect(answered).toEqual(["first", ...all]);
});

test("what goes ahead has every second turn for itself, and no more", async () => {
  const turns: string[][] = [];
  const { push, settled } = groupCommit<Item>({
    commit: async (items) => {
      turns.push(items.map(({ name }) => name));
      if (turns.length === 1) push({ name: "B", goesAhead: true });
      return [];
    },
    weigh: () => 0,
    fail: () => expect.unreachable(),
    isUrgent: () => true,
    isUnavailable: () => false,
    goesAhead: ({ goesAhead = false }) => goesAhead,
  });
  for (const name of ["a", "b"]) push({ name });
  push({ name: "A", goesAhead: true });
  await settled();
  expect(turns).toEqual([["A"], ["a", "b", "B"]]);
});

/** Commits that go on until they are let go, two of them at a time. */
function slowLedger(options: { inHalves?: boolean } = {}) {
  const begun: { items: string[]; left: () => void; end: (error?: Error) => void }[] = [];
  const answered: string[] = [];
  const failed: string[] = [];
  const turnsOf = groupCommit<Item>({
    commit: async (items, _isRetry, left) => {
      const of = items.map(({ name }) => name);
      await new Promise<void>((resolve, reject) => {
        begun.push({ items: of, left, end: (error) => (error === undefined ? resolve() : reject(error)) });
      });
      return of.map((name) => () => void answered.push(name));
    },
    weigh: () => 0,
    fail: ({ name }) => void failed.push(name),
    isUrgent: () => true,
    isUnavailable: () => true,
    goesAhead: ({ goesAhead = false }) => goesAhead,
    ...options,
  });
  const some = (name: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${name}${index}`);
  const pushAll = (all: readonly string[]): void => all.forEach((name) => turnsOf.push({ name }));
  const passes = async (): Promise<void> => {
    for (let pass = 0; pass < 5; pass++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { ...turnsOf, begun, answered, failed, some, pushAll, passes };
}

test("behind a turn that has left, the next begins once it is worth a commit, and no third", async () => {
  const { begun, answered, some, pushAll, passes, settled } = slowLedger();
  const [first, second, third] = [some("a", 40), some("b", 32), some("c", 40)];
  pushAll(first);
  await passes();
  pushAll(second.slice(0, 31));
  begun[0]?.left();
  await passes();
  expect(begun.map(({ items }) => items)).toEqual([first]); // too few to set out behind another
  pushAll(second.slice(31));
  await passes();
  begun[1]?.left();
  pushAll(third);
  await passes();
  expect(begun.map(({ items }) => items)).toEqual([first, second]);
  begun[0]?.end();
  await passes();
  expect(begun.map(({ items }) => items)).toEqual([first, second, third]);
  expect(answered).toEqual(first);
  const all = settled();
  begun[1]?.end();
  begun[2]?.end();
  await all;
  expect(answered).toEqual([...first, ...second, ...third]);
});

test("a turn that has not left lets nothing begin", async () => {
  const { begun, some, pushAll, passes, settled } = slowLedger();
  pushAll(["a"]);
  await passes();
  pushAll(some("b", 100));
  await passes();
  expect(begun).toHaveLength(1);
  begun[0]?.end();
  await passes();
  begun[1]?.end();
  await settled();
  expect(begun).toHaveLength(2);
});

test("what goes ahead sets out behind a turn at once, alone", async () => {
  const { begun, push, pushAll, passes, settled } = slowLedger();
  pushAll(["a"]);
  await passes();
  begun[0]?.left();
  pushAll(["b"]);
  push({ name: "A", goesAhead: true });
  await passes();
  expect(begun.map(({ items }) => items)).toEqual([["a"], ["A"]]);
  begun[0]?.end();
  begun[1]?.end();
  await passes();
  begun[2]?.end();
  await settled();
  expect(begun.map(({ items }) => items)).toEqual([["a"], ["A"], ["b"]]);
});

test("of two turns on their way one fails alone", async () => {
  const { begun, answered, failed, some, pushAll, passes, settled } = slowLedger();
  const [first, second] = [some("a", 40), some("b", 40)];
  pushAll(first);
  await passes();
  begun[0]?.left();
  pushAll(second);
  await passes();
  begun[0]?.end(new Error("full"));
  begun[1]?.end();
  await settled();
  expect(failed).toEqual(first);
  expect(answered).toEqual(second);
});

test("in halves many are two turns, and few are one", async () => {
  const { begun, some, pushAll, passes, settled } = slowLedger({ inHalves: true });
  pushAll(some("a", 63));
  await passes();
  begun[0]?.end();
  await passes();
  pushAll(some("b", 101));
  await passes();
  begun[1]?.left();
  await passes();
  expect(begun.map(({ items }) => items.length)).toEqual([63, 51, 50]);
  begun[1]?.end();
  begun[2]?.end();
  await settled();
});
