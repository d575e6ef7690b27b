/** CONTRIBUTING.md shows the tree: one line for each file of the program, and no line for a file that is gone. */
import { expect, test } from "vitest";
import { LAYERS } from "./support/layers.ts";
import { programFiles, read } from "./support/documents.ts";

const contributing = read("CONTRIBUTING.md");

/** The files of the tree: `  name.ts  words` under the last line that names a folder of src/. */
function listedFiles(text: string): string[] {
  let folder = "";
  return text.split("\n").flatMap((line) => {
    folder = /^(src\/\S*)$/.exec(line.trimEnd())?.[1] ?? folder;
    const name = /^ {2}(\S+\.tsx?) +\S/.exec(line)?.[1];
    return name === undefined ? [] : [folder + name];
  });
}

test("every file of the program has one line in the tree, and every line a file", () => {
  const files = programFiles();
  expect(files.length).toBeGreaterThan(100);
  expect(listedFiles(contributing).toSorted()).toEqual(files.toSorted());
});

test("the table of layers is the one that is tested", () => {
  const rows = contributing.matchAll(/^\| `([a-z]+)` +\| ([^|]+?) +\|/gm);
  const table = [...rows].map(([, part = "", may = ""]) => [part, (may.match(/`[a-z]+`/g) ?? []).join(" ")]);
  const expected = Object.entries(LAYERS).map(([part, may]) => {
    // Three files may import every part; the page says so in words.
    return [part, may.length > 10 ? "" : may.map((name) => `\`${name}\``).join(" ")];
  });
  expect(Object.fromEntries(table)).toEqual(Object.fromEntries(expected));
});

test("a file is read out of the tree with its folder", () => {
  expect(listedFiles("src/\n  a.ts  One.\nsrc/mail/\n  mime/b.tsx  Two.\n  no file here\n")).toEqual([
    "src/a.ts",
    "src/mail/mime/b.tsx",
  ]);
});
