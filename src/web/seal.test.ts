import { expect, test } from "vitest";
import { sealSvg } from "./seal.ts";

test.each([
  ["Waxseal", ">W<"],
  ["  paper", ">P<"],
  ["蜡封", ">蜡<"],
  ["🦭 Seals", ">🦭<"],
  ["<b>", ">&lt;<"],
  ["", ">W<"],
])("the seal of %j bears %s", (name, letter) => {
  expect(sealSvg(name)).toContain(letter);
});
