import { expect, test } from "vitest";
import { en, type Texts } from "./en.ts";
import { zhCn } from "./zh-cn.ts";

/** Every text with the path of its keys; functions are called with a mark. */
function flatten(texts: unknown, path = ""): [string, string][] {
  if (typeof texts === "string") return [[path, texts]];
  if (typeof texts === "function") return [[path, String(texts("⟦1⟧"))]];
  return Object.entries(texts as Texts).flatMap(([key, value]) => flatten(value, `${path}.${key}`));
}

test("both languages say everything, with the same things inserted", () => {
  const english = flatten(en);
  const chinese = new Map(flatten(zhCn));
  expect([...chinese.keys()].toSorted()).toEqual(english.map(([path]) => path).toSorted());
  for (const [path, text] of english) {
    const translated = chinese.get(path) ?? "";
    expect(translated, path).not.toBe("");
    expect(translated.match(/⟦\d⟧/g), path).toEqual(text.match(/⟦\d⟧/g));
  }
});
