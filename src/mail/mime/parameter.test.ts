import { expect, test } from "vitest";
import { isPlain, likeness, parameterHeader } from "./parameter.ts";

const disposition = (filename: string): string =>
  parameterHeader("Content-Disposition", "attachment", "filename", filename);

test("a plain name is quoted", () => {
  expect(disposition("a report.pdf")).toBe('Content-Disposition: attachment; filename="a report.pdf"');
});

test.each([
  ["报告.pdf", "%E6%8A%A5%E5%91%8A.pdf", "_.pdf"],
  ["résumé.pdf", "r%C3%A9sum%C3%A9.pdf", "resume.pdf"],
  [`a"%'*b`, "a%22%25%27%2Ab", "a_b"],
  ["=?utf-8?q?x?=", "%3D%3Futf-8%3Fq%3Fx%3F%3D", "_utf-8_q_x_"],
])("%j is percent-encoded, and has a likeness in plain ASCII", (name, encoded, plain) => {
  expect(disposition(name).replaceAll(";\r\n ", "; ")).toBe(
    `Content-Disposition: attachment; filename*=utf-8''${encoded}`,
  );
  expect(likeness(name)).toBe(plain);
  expect([isPlain(name), isPlain(plain)]).toEqual([false, true]);
});

test("a long name is continued over lines that cut no character, and its likeness keeps the extension", () => {
  const name = `${"报告👩‍👩‍👧‍👦x".repeat(30)}.pdf`;
  expect(likeness(name)).toMatch(/^[_x]{40,56}\.pdf$/);
  const lines = disposition(name).split("\r\n ");
  const pieces = lines.slice(1).map((line, index) => {
    expect(line.length).toBeLessThan(78);
    const [, piece = ""] = line.split(`filename*${index}*=`);
    return decodeURIComponent(piece.replace(/;$/, "").replace(/^utf-8''/, ""));
  });
  expect(pieces.join("")).toBe(name);
});
