import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodeGbk } from "../../testing/fake-provider/gbk.ts";
import { tempFolder } from "../../../test/support/temp-folder.ts";
import { openRecipients, type RecipientFileOptions } from "./csv.ts";
import type { BulkEntry, UnreadableEntry } from "./entry.ts";

function file(content: string | Uint8Array): string {
  const path = join(tempFolder(), "list.csv");
  writeFileSync(path, content);
  return path;
}

async function read(content: string | Uint8Array, options?: RecipientFileOptions) {
  const opened = await openRecipients(file(content), options);
  const entries: (BulkEntry | UnreadableEntry)[] = [];
  for await (const entry of opened.entries()) entries.push(entry);
  return { ...opened, entries };
}

const ann = { to: "ann@x.cn", variables: { email: "ann@x.cn", name: "Ann, A." }, number: 2 };

test.each([
  ["commas", 'email,name\nann@x.cn,"Ann, A."\n'],
  ["CRLF and no line end at the end", 'email,name\r\nann@x.cn,"Ann, A."'],
  ["a byte order mark", '\ufeffemail,name\nann@x.cn,"Ann, A."\n'],
  ["semicolons", "email;name\nann@x.cn;Ann, A.\n"],
  ["tabs", "email\tname\nann@x.cn\tAnn, A.\n"],
  ["lines that end with CR, as on Macintoshes of old", 'email,name\rann@x.cn,"Ann, A."\r'],
  ["blanks around", '"email" , name\n ann@x.cn ,  "Ann, A."\n'],
])("a list with %s is read", async (_, content) => {
  expect((await read(content)).entries).toEqual([ann]);
});

test("Excel's line about the separator is no header", async () => {
  const { entries, columns } = await read("sep=;\r\nemail;name\r\nann@x.cn;Ann, A.\r\n");
  expect(columns).toEqual(["email", "name"]);
  expect(entries).toEqual([{ ...ann, number: 3 }]);
});

test("a cell in quotes may hold line breaks and quotes; the number is that of its last line", async () => {
  const { entries } = await read('email,name\n"ann@x.cn","Ann\n""A."""\nbob@x.cn,Bob\n');
  expect(entries).toEqual([
    { to: "ann@x.cn", variables: { email: "ann@x.cn", name: 'Ann\n"A."' }, number: 3 },
    { to: "bob@x.cn", variables: { email: "bob@x.cn", name: "Bob" }, number: 4 },
  ]);
});

test.each([
  ["UTF-8", Buffer.from("邮箱,姓名,语言\nann@x.cn,张三,zh-CN\n"), "utf-8"],
  ["GB18030, as Excel writes it in China", encodeGbk("邮箱,姓名,语言\nann@x.cn,张三,zh-CN\n"), "gb18030"],
  [
    "UTF-16, as Excel's text files",
    Buffer.from("\ufeff邮箱\t姓名\t语言\nann@x.cn\t张三\tzh-CN\n", "utf16le"),
    "utf-16le",
  ],
])("Chinese in %s is recognised", async (_, bytes, encoding) => {
  const found = await read(bytes);
  expect(found).toMatchObject({ encoding, addressColumn: "邮箱", columns: ["邮箱", "姓名", "语言"] });
  const variables = { 邮箱: "ann@x.cn", 姓名: "张三", 语言: "zh-CN" };
  expect(found.entries).toEqual([{ to: "ann@x.cn", variables, number: 2, locale: "zh-CN" }]);
});

test("what is neither UTF-8 nor Chinese is refused, rather than read as something it is not", async () => {
  const latin1 = Buffer.from("email,name\nann@x.cn,Müller\n", "latin1");
  await expect(read(latin1)).rejects.toMatchObject({
    code: "WX_BULK_LIST",
    message: expect.stringContaining("CSV UTF-8"),
  });
});

test("a line with too few or too many cells is told with its number, and the others are read", async () => {
  const { entries, lines } = await read('email,name\nann@x.cn\n\nbob@x.cn,Bob "B." Bo\ncai@x.cn,Cai,more\n');
  expect(entries).toEqual([
    { number: 2, problem: "the line has 1 cells, and the first line 2" },
    { to: "bob@x.cn", variables: { email: "bob@x.cn", name: 'Bob "B." Bo' }, number: 4 },
    { number: 5, problem: "the line has 3 cells, and the first line 2" },
  ]);
  expect(lines).toBe(4);
});

test("a line with a malformed quote is told with its number, and the others are read", async () => {
  const { entries } = await read('email,name\nann@x.cn,"Ann" A.\nbob@x.cn,"Bob\ncai@x.cn,"Cai"\n');
  expect(entries).toEqual([
    { number: 2, problem: expect.stringContaining("text follows the quote that ends a cell") },
    { number: 3, problem: expect.stringContaining("text follows the quote that ends a cell") },
    { to: "cai@x.cn", variables: { email: "cai@x.cn", name: "Cai" }, number: 4 },
  ]);
});

test.each([
  ["at the end", 1],
  ["in a long file", 20_000],
])("a quote that is never closed %s costs its own line, and nothing unseen", async (_, count) => {
  const { entries } = await read(`email,name\nann@x.cn,"Ann\n${"bob@x.cn,Bob\n".repeat(count)}`);
  expect(entries).toHaveLength(1 + count);
  expect(entries[0]).toEqual({ number: 2, problem: expect.stringContaining("opens a cell and does not close it") });
  expect(entries.at(-1)).toMatchObject({ to: "bob@x.cn", number: 2 + count });
});

test("a quote that a later line closes by chance swallows nothing: lines that make no record together are read one by one", async () => {
  const { entries } = await read('email,name\nann@x.cn,"Ann\nbob@x.cn,Bob\ncai@x.cn,",Cai\ndan@x.cn,Dan\n');
  expect(entries).toEqual([
    { number: 2, problem: expect.stringContaining("opens a cell and does not close it") },
    { to: "bob@x.cn", variables: { email: "bob@x.cn", name: "Bob" }, number: 3 },
    { number: 4, problem: expect.stringContaining("opens a cell and does not close it") },
    { to: "dan@x.cn", variables: { email: "dan@x.cn", name: "Dan" }, number: 5 },
  ]);
});

test("a first line with a malformed quote is refused: nobody can tell the columns", async () => {
  await expect(read('email,"name\nann@x.cn,Ann\n')).rejects.toMatchObject({
    code: "WX_BULK_LIST",
    message: expect.stringContaining("in line 1, a quote opens a cell and does not close it"),
  });
});

test("names of columns become names of variables", async () => {
  const { columns, entries } = await read("E-Mail,First Name,Preis (€),\nann@x.cn,Ann,5,x\n");
  expect(columns).toEqual(["E-Mail", "First_Name", "Preis_", ""]);
  expect(entries).toMatchObject([{ to: "ann@x.cn", variables: { First_Name: "Ann", Preis_: "5" } }]);
});

test("the column of the addresses can be named", async () => {
  const { entries } = await read("email,work mail\na@x.cn,b@x.cn\n", { addressColumn: "Work Mail" });
  expect(entries).toMatchObject([{ to: "b@x.cn" }]);
});

test.each([
  ["", {}, "it is empty"],
  ["ann@x.cn,Ann\n", {}, "The first line must name the columns"],
  ["email,name,Name\n", {}, 'two columns are called "name"'],
  ["email,name\n", { addressColumn: "emial" }, 'there is no column "emial". Did you mean email?'],
])("the list %j is refused: %s %s", async (content, options, problem) => {
  await expect(read(content, options)).rejects.toMatchObject({
    code: "WX_BULK_LIST",
    message: expect.stringContaining(problem),
  });
});

test("a list that is not there is named", async () => {
  await expect(openRecipients("/nowhere/list.csv")).rejects.toThrow("/nowhere/list.csv: it cannot be read: ENOENT");
});

test("the hash is that of the bytes", async () => {
  const [first, second] = [await read("email\na@x.cn\n"), await read("email\r\na@x.cn\r\n")];
  expect(first.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(first.hash).not.toBe(second.hash);
});
