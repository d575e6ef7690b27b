import { expect, test } from "vitest";
import type { Queryable } from "../db/index.ts";
import { seenMailers } from "./seen-mailers.ts";
import type { HotStore } from "./store/hot.ts";

const tx = {} as Queryable;

test("a look asks in any case; a turn between two looks asks when a second has passed, or the clock went back", async () => {
  let waiting = ["default"];
  let asked = 0;
  const mailers = async (): Promise<string[]> => {
    asked += 1;
    return waiting;
  };
  const mailersNow = seenMailers({ mailers } as unknown as HotStore);
  expect(await mailersNow(tx, 5_000, false)).toEqual(["default"]);
  waiting = ["crm", "default"];
  expect(await mailersNow(tx, 5_999, false)).toEqual(["default"]);
  expect(asked).toBe(1);
  expect(await mailersNow(tx, 5_999, true)).toEqual(["crm", "default"]);
  expect(await mailersNow(tx, 6_998, false)).toEqual(["crm", "default"]);
  expect(asked).toBe(2);
  await mailersNow(tx, 6_999, false);
  await mailersNow(tx, 6_000, false);
  expect(asked).toBe(4);
});
