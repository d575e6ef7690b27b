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
