import { expect, test } from "vitest";
import { parameterHeader } from "./parameter.ts";

const disposition = (filename: string): string =>
  parameterHeader("Content-Disposition", "attachment", "filename", filename);

test("a plain name is quoted", () => {
  expect(disposition("a report.pdf")).toBe('Content-Disposition: attachment; filename="a report.pdf"');
});

test("a name outside ASCII, with quotes or like an encoded-word is percent-encoded", () => {
  expect(disposition("报告.pdf")).toBe(
    "Content-Disposition: attachment;\r\n filename*=utf-8''%E6%8A%A5%E5%91%8A.pdf".replace(";\r\n ", "; "),
  );
  expect(disposition(`a"%'*b`)).toBe("Content-Disposition: attachment; filename*=utf-8''a%22%25%27%2Ab");
  expect(disposition("=?utf-8?q?x?=")).toContain("filename*=utf-8''%3D%3Futf-8%3Fq%3Fx%3F%3D");
});

test("a long name is continued over lines that cut no character", () => {
  const name = `${"报告👩‍👩‍👧‍👦".repeat(30)}.pdf`;
  const lines = disposition(name).split("\r\n ");
  const pieces = lines.slice(1).map((line, index) => {
    expect(line.length).toBeLessThan(78);
    const [, piece = ""] = line.split(`filename*${index}*=`);
    return decodeURIComponent(piece.replace(/;$/, "").replace(/^utf-8''/, ""));
  });
  expect(pieces.join("")).toBe(name);
});
