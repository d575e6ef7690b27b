import { expect, test } from "vitest";
import { en, type Texts } from "./en.ts";
import { zhCn } from "./zh-cn.ts";

/** Every text with the path of its keys; functions are called with a mark in each place. */
function flatten(texts: unknown, path = ""): [string, string][] {
  if (typeof texts === "string") return [[path, texts]];
  if (typeof texts === "function") return [[path, [texts("⟦1⟧", "⟦2⟧")].flat().join("")]];
  return Object.entries(texts as Texts).flatMap(([key, value]) => flatten(value, `${path}.${key}`));
}

test("both languages say everything, with the same things inserted", () => {
  const english = flatten(en);
  const chinese = new Map(flatten(zhCn));
  expect([...chinese.keys()].toSorted()).toEqual(english.map(([path]) => path).toSorted());
  for (const [path, text] of english) {
    const translated = chinese.get(path) ?? "";
    expect(translated, path).not.toBe("");
    expect(translated.match(/⟦\d⟧/g)?.toSorted(), path).toEqual(text.match(/⟦\d⟧/g)?.toSorted());
    expect(translated, path).toMatch(/\p{Script=Han}/u);
  }
});
