import { describe, expect, test } from "vitest";
import { formatMailbox, type Mailbox, parseMailbox, parseMailboxes, parseMailboxText } from "./address.ts";
import { MessageError } from "./errors.ts";

describe("a mailbox is read from", () => {
  test.each<[string, string, string]>([
    ["mac@163.com", "", "mac@163.com"],
    ["<mac@163.com>", "", "mac@163.com"],
    ["mac <mac@163.com>", "mac", "mac@163.com"],
    ["  mac  <mac@163.com>  ", "mac", "mac@163.com"],
    ["mac<mac@163.com>", "mac", "mac@163.com"],
    ["天天生鲜 <mac@163.com>", "天天生鲜", "mac@163.com"],
    ["John Q. Public <john@example.com>", "John Q. Public", "john@example.com"],
    ["O'Brien & Sons <ob@example.com>", "O'Brien & Sons", "ob@example.com"],
    ['"Doe, John" <john@example.com>', "Doe, John", "john@example.com"],
    ['"a \\"b\\" \\\\ (c) <d@e>" <john@example.com>', 'a "b" \\ (c) <d@e>', "john@example.com"],
    ['" padded " <john@example.com>', " padded ", "john@example.com"],
    ['"" <john@example.com>', "", "john@example.com"],
    ['"john doe"@example.com', "", '"john doe"@example.com'],
    ['John <"a> <b"@example.com>', "John", '"a> <b"@example.com'],
    ["=?utf-8?q?x?= <a@example.com>", "=?utf-8?q?x?=", "a@example.com"],
    ["麦克 <mac@例子.中国>", "麦克", "mac@例子.中国"],
  ])("%s", (input, name, address) => {
    expect(parseMailbox(input)).toEqual({ name, address });
  });

  test("an object, whose parts are checked", () => {
    expect(parseMailbox({ name: "Doe, John", address: "john@example.com" })).toEqual({
      name: "Doe, John",
      address: "john@example.com",
    });
    expect(() => parseMailbox({ name: "a\nb", address: "john@example.com" }, "from")).toThrow(/^from\.name: .*U\+000A/);
    expect(() => parseMailbox({ name: "", address: "a <john@example.com>" })).toThrow(MessageError);
  });
});

describe("no mailbox is guessed from", () => {
  test.each([
    ["Doe, John <john@example.com>", "has , in a name without quotes"],
    ["John (Work) <john@example.com>", "has ( in a name without quotes"],
    ["john@example.com <john@example.com>", "has @ in a name without quotes"],
    ['John "Jack" <john@example.com>', 'has " in a name without quotes'],
    ['"John" Doe <john@example.com>', "quoted in part only"],
    ['"John <john@example.com>', "never closed"],
    ['"John" john@example.com>', "quoted in part only"],
    ["john@example.com>", "has @ in a name"],
    ["John <john@example.com", "special character before the @"],
    ["John <john@example.com> (x)", "special character before the @"],
    ["John << john@example.com>", "special character"],
    ["John < john@example.com>", "special character"],
    ["John <john@example.com >", "domain that is not a name"],
    ["John <@relay.example:john@example.com>", "more than one @"],
    ["Team: a@example.com, b@example.com;", "more than one mailbox"],
    ["A <a@example.com>, B <b@example.com>", "more than one mailbox"],
    ["a@example.com (comment)", "domain that is not a name"],
    ["<>", "is empty"],
    ["", "is empty"],
    ["mac <mac@163.com>\r\nBcc: evil@example.com", "U+000D"],
    ["mac\0 <mac@163.com>", "U+0000"],
    ["mac\u0085 <mac@163.com>", "U+0085"],
  ])("%j", (input, problem) => {
    expect(() => parseMailbox(input, "from")).toThrow(problem);
    expect(() => parseMailbox(input, "from")).toThrow(/^from/);
  });

  test.each([[undefined], [null], [42], [["a@example.com"]], [{}]])("%j", (input) => {
    expect(() => parseMailbox(input as unknown as Mailbox, "from")).toThrow(MessageError);
  });
});

test.each([
  "mac",
  "Doe, John",
  'a "b" \\ c',
  "天天生鲜",
  "a  b",
  " x ",
  "=?utf-8?q?x?=",
  "<a@b.example>",
  "👩‍👩‍👧‍👦",
  "O'Brien.",
])("the name %j comes back from its written form", (name) => {
  const mailbox = { name, address: '"odd one"@例子.中国' };
  expect(parseMailbox(formatMailbox(mailbox))).toEqual(mailbox);
});

test("a name is quoted only where it must be", () => {
  expect(formatMailbox({ name: "", address: "a@example.com" })).toBe("a@example.com");
  expect(formatMailbox({ name: "Ann Lee", address: "a@example.com" })).toBe("Ann Lee <a@example.com>");
  expect(formatMailbox({ name: "Lee, Ann", address: "a@example.com" })).toBe('"Lee, Ann" <a@example.com>');
});

test("a list drops empty items, and names a bad one by its place", () => {
  expect(parseMailboxes(["", "a@example.com"], "to")).toEqual([{ name: "", address: "a@example.com" }]);
  expect(() => parseMailboxes(["", "a@example.com", "b"], "to")).toThrow(/^to\[2\]: "b" has no @/);
});

test("a string where a list is meant is refused with the list to write", () => {
  expect(() => parseMailboxes("a@example.com" as unknown as string[], "cc")).toThrow(
    'cc: "a@example.com" is a string where a list is meant. Write ["a@example.com"].',
  );
});

test("a header's text is split at the commas between mailboxes only", () => {
  expect(parseMailboxText('"Doe, \\"J\\", x" <j@example.com>, "a,b"@example.com', "headers")).toEqual([
    { name: 'Doe, "J", x', address: "j@example.com" },
    { name: "", address: '"a,b"@example.com' },
  ]);
  expect(() => parseMailboxText("a@example.com,,b@example.com", "headers")).toThrow(/^headers\[1\] ?.*is empty/);
});

test.each(["<", "(", '"a" ', '"', "\\", "a <", "x ", '"\\'])("a megabyte of %j is refused at once", (junk) => {
  const text = junk.repeat(1_000_000 / junk.length);
  const started = performance.now();
  expect(() => parseMailbox(text)).toThrow(MessageError);
  expect(() => parseMailbox(`${text}>`)).toThrow(MessageError);
  expect(() => parseMailboxText(`${text},`, "to")).toThrow(MessageError);
  expect(performance.now() - started).toBeLessThan(1000);
});

test("100,000 commas are refused at once", () => {
  const started = performance.now();
  expect(() => parseMailboxText(",".repeat(100_000), "to")).toThrow(MessageError);
  expect(performance.now() - started).toBeLessThan(1000);
});
