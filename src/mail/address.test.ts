import { describe, expect, test } from "vitest";
import { expectLinearTime } from "../../test/support/linear-time.ts";
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
    ['John <"a; b"@example.com>', "John", '"a; b"@example.com'],
    ["\u3000mac\u3000 <mac@163.com>", "\u3000mac\u3000", "mac@163.com"],
    ["a  b <mac@163.com>", "a  b", "mac@163.com"],
    ["👩‍👩‍👧‍👦 <mac@163.com>", "👩‍👩‍👧‍👦", "mac@163.com"],
    ['"👩‍👩‍👧‍👦, \\\\" <mac@163.com>', "👩‍👩‍👧‍👦, \\", "mac@163.com"],
    [" <mac@163.com>", "", "mac@163.com"],
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
    expect(() => parseMailbox({ name: "", adress: "a@b.com" } as unknown as Mailbox)).toThrow("Did you mean address?");
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
    ["John <john@example.com> (x)", "has a comment"],
    ["John << john@example.com>", "special character"],
    ["John < john@example.com>", "special character"],
    ["John <john@example.com >", "domain that is not a name"],
    ["John <@relay.example:john@example.com>", "has a route"],
    ["Team: a@example.com, b@example.com;", "is a group"],
    ["Team: a@example.com;", "is a group"],
    ["Team: A <a@example.com>;", "is a group"],
    ["Out: In: a@example.com;;", "is a group"],
    ['John <"a> <b"@example.com>', "special character"],
    ['"\ud83d" <john@example.com>', "half of a character"],
    ["\udc69 <john@example.com>", "half of a character"],
    ["A <a@example.com>, B <b@example.com>", "more than one mailbox"],
    ["a@example.com (comment)", "has a comment"],
    ["a@example.com b@example.com", "more than one @"],
    ["a@example.com，b@example.com", "more than one @"],
    ["root", "has no @"],
    ["<>", "is empty"],
    ["", "is empty"],
    ["mac <mac@163.com>\r\nBcc: evil@example.com", "U+000D"],
    ["mac\0 <mac@163.com>", "U+0000"],
    ["mac\u0085 <mac@163.com>", "U+0085"],
  ])("%j", (input, problem) => {
    expect(() => parseMailbox(input, "from")).toThrow(problem);
    expect(() => parseMailbox(input, "from")).toThrow(/^from/);
  });

  test.each([[undefined], [null], [42], [["a@example.com"]], [[["a@example.com"]]], [{}]])("%j", (input) => {
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

test("an option reaches the address, in a list too", () => {
  const options = { smtpUtf8: true, domainLiteral: true };
  const mailbox = { name: "麦克", address: "麦克@[192.0.2.1]" };
  expect(parseMailbox("麦克 <麦克@[192.0.2.1]>", "to", options)).toEqual(mailbox);
  expect(parseMailboxes([mailbox], "to", options)).toEqual([mailbox]);
  expect(parseMailboxText("a@b.example, 麦克 <麦克@[192.0.2.1]>", "to", options)).toContainEqual(mailbox);
  expect(formatMailbox(mailbox, options)).toBe('"麦克" <麦克@[192.0.2.1]>');
});

test.each(["<", "(", '"a" ', '"', "\\", "a <", "x ", '"\\', "@", ",", " ", "Team:", "a@b.example,", "<a@b.example>"])(
  "junk made of %j is refused in linear time",
  (junk) => {
    expectLinearTime((size) => {
      const text = junk.repeat(size / junk.length);
      expect(() => parseMailbox(text)).toThrow(MessageError);
      expect(() => parseMailbox(`${text}>`)).toThrow(MessageError);
      expect(() => parseMailbox(`"${text}" x ${text} <a@b.example>`)).toThrow(MessageError);
      expect(() => parseMailboxText(`${text},,`, "to")).toThrow(MessageError);
    });
  },
);

test("100,000 commas are refused, and 100,000 mailboxes read, in linear time", () => {
  expectLinearTime((size) => expect(() => parseMailboxText(",".repeat(size), "to")).toThrow(MessageError), 100_000);
  expectLinearTime((size) => {
    const text = Array.from({ length: size / 10 }, () => '"a, b" <c@d.example>').join(", ");
    expect(parseMailboxText(text, "to")).toHaveLength(Math.floor(size / 10));
  }, 100_000);
});
