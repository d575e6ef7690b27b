import * as fc from "fast-check";
import { expect, test } from "vitest";
import { expectLinearTime } from "../../../test/support/linear-time.ts";
import { runs } from "../../../test/support/property.ts";
import { readHtml } from "./html-reader.ts";

const linksOf = (html: string): [string, string][] => readHtml(html).links.map(({ href, text }) => [href, text]);

test.each<[string, [string, string][]]>([
  ['<a href="https://x.cn/?a=1&amp;b=2">Go &lt;now&gt;</a>', [["https://x.cn/?a=1&b=2", "Go <now>"]]],
  ["<A\n HREF = 'https://x.cn' >Go</A >", [["https://x.cn", "Go"]]],
  ["<a class=b href=https://x.cn/a?b=c>Go<br>on</a> out", [["https://x.cn/a?b=c", "Goon"]]],
  ['<a title="a > b" href="https://x.cn">Go</a>', [["https://x.cn", "Go"]]],
  ['<a href="https://x.cn"><img alt="" src=a.png><b>G</b>o</a>', [["https://x.cn", "Go"]]],
  ['<a name="top">Top</a>', []],
  ["<!-- <a href='https://x.cn'>Go</a> --><p>1 < 2</p>", []],
  ["<!--[if mso]><a href='https://x.cn'>Go</a><![endif]-->", []],
  ['<script>"<a href=https://x.cn>"</script><style>a{}</style>', []],
  ['<a href="https://x.cn">never closed', [["https://x.cn", "never closed"]]],
  ['<a href="&#104;ttps&#x3a;//x.cn">Go</a>', [["https://x.cn", "Go"]]],
  ['<a href="https://x.cn" href="https://y.cn">Go</a>', [["https://x.cn", "Go"]]],
  ['<a href="never closed>Go</a>', []],
])("the links of %s are %j", (html, links) => {
  expect(linksOf(html)).toEqual(links);
});

test("text is counted as it is shown, and images with their alt", () => {
  const html =
    '<html><head><title>Not shown</title></head><body>Hello <b>Ann</b>&nbsp;&amp;<a href="https://x.cn">two words</a>' +
    '<img src="a.png" alt="A"><img src=b.png><img alt="" src="c.png"/></body></html>';
  const { textLength, linkTextLength, images, elements } = readHtml(html);
  expect([textLength, linkTextLength]).toEqual(["HelloAnn&twowords".length, "twowords".length]);
  expect(images).toEqual([
    { src: "a.png", alt: "A" },
    { src: "b.png", alt: undefined },
    { src: "c.png", alt: "" },
  ]);
  expect([...elements].toSorted()).toEqual(["a", "b", "body", "head", "html", "img", "title"]);
});

test("any text is read to its end", () => {
  const piece = fc.constantFrom(
    "<",
    ">",
    "a",
    " href",
    "=",
    '"',
    "'",
    "<!--",
    "-->",
    "</a>",
    "<a ",
    "&#",
    ";",
    "<script",
    "\0",
  );
  const html = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(html, (text) => {
      const { textLength, linkTextLength } = readHtml(text);
      expect(linkTextLength).toBeLessThanOrEqual(textLength);
      expect(textLength).toBeLessThanOrEqual(text.length);
    }),
    runs(2000),
  );
});

test.each([
  "<",
  "<a ",
  "<a b='",
  '<a href="x" ',
  "<!--",
  "<script>",
  "a=",
  "&#",
  "<a href=x>",
  " ",
  "</",
  '"',
  "<a =\"'",
])("a document of nothing but %j is read in linear time", (piece) => {
  expectLinearTime((size) => readHtml(piece.repeat(size / piece.length)), 200_000);
  expectLinearTime((size) => readHtml(`<a ${piece.repeat(size / piece.length)}>`), 200_000);
});
