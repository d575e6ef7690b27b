import { expect, test } from "vitest";
import { previewHtml } from "./mail-html.ts";
import { expectLinearTime } from "../../test/support/linear-time.ts";

const dot = { filename: "dot.png", mimeType: "image/png", contentId: "dot@x", content: Buffer.from("PNG") };
const DATA = "data:image/png;base64,UE5H";

test("links open in a new tab, and the doctype stays first", () => {
  const html = '\n<!DOCTYPE html PUBLIC "x">\n<html><body>hi</body></html>';
  expect(previewHtml({ html, attachments: [] })).toBe(
    '\n<!DOCTYPE html PUBLIC "x"><base target="_blank">\n<html><body>hi</body></html>',
  );
});

test.each([
  ['<img src="cid:dot@x">', `<img src="${DATA}">`],
  ["<img src='cid:dot%40x'>", `<img src='${DATA}'>`],
  ["<img src=CID:dot@x>", `<img src=${DATA}>`],
  ["<p style='background:url( cid:dot@x )'>", `<p style='background:url( ${DATA} )'>`],
  ['<img src="cid:other">', '<img src="cid:other">'],
  ['<img src="cid:%E0%A4%A">', '<img src="cid:%E0%A4%A">'],
  ["the word cid:dot@x in a text", "the word cid:dot@x in a text"],
])("%s", (html, shown) => {
  expect(previewHtml({ html, attachments: [dot] })).toBe(`<base target="_blank">${shown}`);
});

test.each(['image/png" onerror="x', "text/html", "image/svg+xml;charset=utf-8,<svg"])(
  "a part of type %j is not an image",
  (mimeType) => {
    const html = '<img src="cid:dot@x">';
    expect(previewHtml({ html, attachments: [{ ...dot, mimeType }] })).toBe(`<base target="_blank">${html}`);
  },
);

test.each([
  ["", "=cid:"],
  ["<!doctype", " "],
  ["", " "],
  ["", "("],
])("a megabyte of %j and %j takes linear time", (start, junk) => {
  expectLinearTime((size) => previewHtml({ html: start + junk.repeat(size / junk.length), attachments: [dot] }));
});

test("a large image that is used a thousand times is inlined a few times", () => {
  const large = { ...dot, content: Buffer.alloc(10_000_000) };
  const html = previewHtml({ html: '<img src="cid:dot@x">'.repeat(1_000), attachments: [large] });
  expect(html.length).toBeLessThan(70_000_000);
  expect(html.split("data:image/png")).toHaveLength(6);
  expect(html).toContain('<img src="cid:dot@x">');
});
