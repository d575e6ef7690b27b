/** Whoever comes from Django finds each of its tests: here under its name, or in docs/django.md with the reason why not. */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { read } from "../support/documents.ts";
import { repository } from "../support/subpaths.ts";
import { qualifiedNames } from "./names.ts";

/** The names of Django's tests that a title here begins with; several stand with commas between them. */
function namesInTitles(): Set<string> {
  const files = readdirSync(new URL("test/django", repository), { encoding: "utf8" });
  const titles = files
    .filter((file) => file.endsWith(".test.ts"))
    .flatMap((file) => [...read(`test/django/${file}`).matchAll(/"((?:[A-Z]\w+\.\w+, )*[A-Z]\w+\.\w+): /g)]);
  return new Set(titles.flatMap(([, names = ""]) => names.split(", ")));
}

/** The names in the table of docs/django.md that says what has no counterpart. */
function namesInDocs(): Set<string> {
  const rows = read("docs/django.md").matchAll(/^\| (`[A-Z]\w+\..*?) \| [^|]{10,} \|$/gm);
  return new Set([...rows].flatMap(([, cell = ""]) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)));
}

test("every test of Django's has one of ours under its name, or a line that says why not", () => {
  const answered = new Set([...namesInTitles(), ...namesInDocs()]);
  expect(qualifiedNames().length).toBeGreaterThan(200);
  expect(qualifiedNames().filter((name) => !answered.has(name))).toEqual([]);
});

test("no title and no line names a test that Django does not have, and none is both", () => {
  const known = new Set(qualifiedNames());
  expect([...namesInTitles(), ...namesInDocs()].filter((name) => !known.has(name))).toEqual([]);
  expect([...namesInTitles()].filter((name) => namesInDocs().has(name))).toEqual([]);
});
