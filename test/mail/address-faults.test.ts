/** The inputs that have broken the addresses of other mailers, each with the outcome that is right. */
import { describe, expect, test } from "vitest";
import { envelopeProblem } from "../../src/smtp/envelope.ts";
import { formatMailbox, type Mailbox, MessageError, parseMailbox, toAsciiAddress } from "../../src/mail/index.ts";
import { read } from "../support/documents.ts";
import { composed, fieldsNamed, headerOf, readBoth } from "../support/composed.ts";
import { expectLinearTime } from "../support/linear-time.ts";

/** The sender as two readers see it. */
async function shownSender(from: string | Mailbox): Promise<Mailbox[][]> {
  const { postalMime, mailparser } = await readBoth({ from });
  return [postalMime.from, mailparser.from];
}

test.each<[string | Mailbox, string, string]>([
  ["mac@163.com", "", "mac@163.com"],
  ["mac <mac@163.com>", "mac", "mac@163.com"],
  [{ name: "mac", address: "mac@163.com" }, "mac", "mac@163.com"],
])("%j has the same name and address in the header, and the address in the envelope", async (from, name, address) => {
  expect(await shownSender(from)).toEqual([[{ name, address }], [{ name, address }]]);
  expect(composed({ from, to: [from] }).envelope).toEqual({ from: address, to: [address] });
});

describe("a name comes back exactly", () => {
  test.each([
    "天天生鲜生鲜天天生鲜",
    "天天生鲜".repeat(50),
    "👩‍👩‍👧‍👦",
    "👩‍👩‍👧‍👦 und 👍🏽 ".repeat(12).trim(),
    'a , " \\ ( ) ; : < > @ [ ] b',
    "Doe, John",
    '"',
    "\\",
    '\\"',
    "a\\",
    "<eve@evil.example>",
    "eve@evil.example",
    "=?utf-8?q?x?=",
    "=?UTF-8?B?5aSp?=",
    "x =?utf-8?q?y?= z",
    "=?utf-8?Q?=0D=0ABcc:_eve@evil.example?=",
    "Team: ann",
    " blank at both ends ",
    " ",
    "two  blanks",
    "\u3000",
    "a\u00a0b",
    "\u202eevil",
    "\u200b",
    "x".repeat(300),
    "long words and more of them ".repeat(10).trim(),
  ])("%j", async (name) => {
    const from = { name, address: "ann@example.com" };
    expect(await shownSender(from)).toEqual([[from], [from]]);
    expect(parseMailbox(formatMailbox(from))).toEqual(from);
    expect(composed({ from }).envelope.from).toBe("ann@example.com");
  });
});

test.each(["a\0b", "a\u001bb", "a\tb", "a\r\nb", "a\u0085b", "a\u2028b", "\ud83d", "a\udc4d"])(
  "a name with %j is refused",
  (name) => {
    expect(() => composed({ from: { name, address: "a@example.com" } })).toThrow(/^from\.name: /);
    expect(() => composed({ to: [`"${name}" <a@example.com>`] })).toThrow(/^to\[0\]/);
  },
);

describe("a quoted local part", () => {
  test.each(['"john doe"@example.com', '"a..b"@docomo.example', '"a\\"b"@example.com', '"a,b;c:d"@example.com'])(
    "%s stands as it is in the header and in RCPT TO",
    (address) => {
      const message = composed({ from: address, to: [`Ann <${address}>`] });
      expect(fieldsNamed(message, "From")).toEqual([`From: ${address}`]);
      expect(fieldsNamed(message, "To")).toEqual([`To: Ann <${address}>`]);
      expect(message.envelope).toEqual({ from: address, to: [address] });
      expect(envelopeProblem(message.envelope)).toBeUndefined();
    },
  );

  // CVE-2025-13033: the mail went to the address inside the quotes.
  test.each([
    '"eve@evil.example x"@internal.example',
    '"eve@evil.example"@internal.example',
    '"<eve@evil.example"@internal.example',
  ])("%s that holds another address never goes to that one", (address) => {
    let to: readonly string[] = [];
    try {
      ({ to } = composed({ to: [address] }).envelope);
    } catch (error) {
      expect(error).toBeInstanceOf(MessageError);
    }
    for (const recipient of to) expect(recipient).toMatch(/@internal\.example$/);
  });
});

describe("refused, because it is not exactly one address", () => {
  test.each([
    // Two addresses, or a blank without a comma
    "a@example.com, b@example.com",
    "a@example.com b@example.com",
    "a@example.com;b@example.com",
    "a b@example.com",
    "Ann <a@example.com>, Bob <b@example.com>",
    "Ann <a@example.com> Bob <b@example.com>",
    "<a@example.com><b@example.com>",
    // Comments and white space (CVE-2026-92597, CVE-2026-125755)
    "a@example.com(c)",
    "a@(c)example.com",
    "a(c)@example.com",
    "(c)a@example.com",
    "(a@evil.example)b@example.com",
    "a@example(c).com",
    "a@example (c).com",
    "a@example.com (c)",
    "a@example .com",
    "a@ example.com",
    "a @example.com",
    "a .b@example.com",
    "a. b@example.com",
    '"a" .b@example.com',
    "a@example . com",
    "a@example\u3000.com",
    "<a@example.com >",
    "< a@example.com>",
    // A comment after a quoted local part, obsolete routes and other leftovers of RFC 822
    '"a"(c)@example.com',
    '"a" @example.com',
    '"a"."b"@example.com',
    '"a".b@example.com',
    "<@relay.example:a@example.com>",
    "<@relay.example,@b.example:a@example.com>",
    "a@b@example.com",
    "a%b@c@example.com",
    // Dots
    "a..b@docomo.example",
    ".a@example.com",
    "a.@example.com",
    "a@example..com",
    "a@.example.com",
    "a@example.com.",
    // IP addresses
    "a@[192.0.2.1]",
    "a@192.0.2.1",
    "a@0x7f.1",
    "a@0300.1",
    "a@2130706433",
    // Nothing there
    "",
    " ",
    "@",
    "@example.com",
    "a@",
    "root",
    "no address",
    "<>",
    "Ann <>",
    "Ann",
    // An encoded-word for a local part
    "=?utf-8?q?a=40b.example=3e?=@example.com",
    // Groups
    "Team:a@example.com,b@example.com;",
    "Team:;",
    "undisclosed-recipients:;",
    "Ann <a@example.com",
    "Ann a@example.com>",
    'Ann "<a@example.com>"',
    "a＠example.com",
    "a@example.com，b@example.com",
  ])("%j", (input) => {
    expect(() => parseMailbox(input, "to")).toThrow(/^to(\[0\])?(:| has| is)/);
    expect(() => toAsciiAddress(input, "to")).toThrow(MessageError);
    expect(() => composed({ from: input === "" ? "x" : input })).toThrow(MessageError);
    expect(() => composed({ to: [], cc: [input] })).toThrow(MessageError);
    expect(() => composed({ envelope: { to: [input] } })).toThrow(MessageError);
  });

  test.each([null, undefined, 42, true, [], ["a@example.com"], [["a@example.com"]], {}, { address: 1 }, { group: [] }])(
    "%j",
    (input) => {
      expect(() => parseMailbox(input as unknown as Mailbox, "to")).toThrow(MessageError);
      expect(() => composed({ to: [[input]] as unknown as string[] })).toThrow(MessageError);
    },
  );
});

test("an error names the field, the text (shortened, nothing invisible in it) and the fix", () => {
  const input = `${"x".repeat(100_000)}\u200b@@example.com`;
  const error = expect.objectContaining({
    code: "WX_MESSAGE_ADDRESS",
    field: "to[1]",
    message: expect.stringMatching(/^to\[1\]: "x{48}…" .{10,200}\.$/),
  });
  expect(() => composed({ to: ["a@example.com", input] })).toThrow(error);
});

test.each([
  ["mac@例子.中国", "mac@xn--fsqu00a.xn--fiqs8s"],
  ["mac@ｅｘａｍｐｌｅ．ｃｏｍ", "mac@example.com"],
  ["mac@exa\u00admple.com", "mac@example.com"],
  ["mac@XN--FSQU00A.com", "mac@XN--FSQU00A.com"],
  ["mac@faß.de", "mac@xn--fa-hia.de"],
])("%s has the same labels in the envelope and in every header", (address, sent) => {
  const message = composed({ from: address, to: [address], cc: [`A <${address}>`], headers: { Sender: address } });
  expect(message.envelope).toEqual({ from: sent, to: [sent] });
  expect(fieldsNamed(message, "From")).toEqual([`From: ${sent}`]);
  expect(fieldsNamed(message, "To")).toEqual([`To: ${sent}`]);
  expect(fieldsNamed(message, "Cc")).toEqual([`Cc: A <${sent}>`]);
  expect(fieldsNamed(message, "Sender")).toEqual([`Sender: ${sent}`]);
  expect(envelopeProblem(message.envelope)).toBeUndefined();
});

test.each(["\u0131nfo@example.com", "\u212aim@example.com", "ｍａｃ@example.com"])(
  "%s needs SMTPUTF8, and no letter of it is folded to another",
  (address) => {
    expect(() => composed({ to: [address] })).toThrow("outside ASCII before the @");
    expect(composed({ to: [address], smtpUtf8: true }).envelope).toMatchObject({ to: [address], smtpUtf8: true });
  },
);

test("a dash at the start of an address is part of it", () => {
  expect(composed({ to: ["-oQ/tmp@example.com"] }).envelope.to).toEqual(["-oQ/tmp@example.com"]);
});

test("nobody hears of bcc, and who is named twice gets one mail", () => {
  const message = composed({
    to: ["ann@example.com", "Ann <ann@EXAMPLE.com>"],
    cc: ["ann@example.com", "bob@例子.中国"],
    bcc: ["secret@example.com", "bob@xn--fsqu00a.xn--fiqs8s", "ann@example.com"],
  });
  expect(message.envelope.to).toEqual(["ann@example.com", "bob@xn--fsqu00a.xn--fiqs8s", "secret@example.com"]);
  expect(Buffer.from(message.bytes).toString()).not.toMatch(/secret|bcc/i);
  expect(() => composed({ headers: { BCC: "secret@example.com" } })).toThrow(/Use the field bcc/);
});

// CVE-2025-14874, and the quadratic address parsers of the years after.
test.each<[string, (size: number) => unknown]>([
  ["nested groups", (size) => `${"g:".repeat(size / 4)}a@example.com${";".repeat(size / 4)}`],
  ["nested comments", (size) => `${"(".repeat(size / 2)}${")".repeat(size / 2)}a@example.com`],
  ["nested lists", (size) => nested(size / 100)],
  ["nested quotes", (size) => `${'"\\'.repeat(size / 2)} <a@example.com>`],
  ["brackets", (size) => "<".repeat(size)],
  ["closed brackets", (size) => `${"<".repeat(size / 2)}${">".repeat(size / 2)}`],
  ["quoted words", (size) => '"a" '.repeat(size / 4)],
  ["@", (size) => "@".repeat(size)],
  ["labels", (size) => `a@${"b.".repeat(size / 2)}com`],
  ["hyphens", (size) => `a@${"-".repeat(size)}.com`],
  ["dots in a name outside ASCII", (size) => `a@${"中。".repeat(size / 2)}com`],
  ["commas", (size) => ",".repeat(size)],
])("a megabyte of %s is refused in linear time", (_, build) => {
  expectLinearTime((size) => {
    expect(() => composed({ to: [build(size) as string] })).toThrow(MessageError);
  });
});

/** A list in a list in a list ... */
function nested(depth: number): unknown {
  let value: unknown = "a@example.com";
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

test("100,000 commas in a header are refused in linear time, and so are mailboxes without end read", () => {
  expectLinearTime((size) => {
    expect(() => composed({ headers: { To: ",".repeat(size) } })).toThrow(MessageError);
  }, 100_000);
  expectLinearTime((size) => {
    const list = Array.from({ length: size / 20 }, (_, index) => `"a, b" <c${index}@d.example>`);
    expect(headerOf(composed({ headers: { "Reply-To": list.join(", ") } })).length).toBeGreaterThan(size);
  }, 100_000);
});

/** The examples in the second column of a table of the reference: one mailbox each. */
function examplesUnder(heading: string): string[] {
  const [, section = ""] = read("docs/reference/addresses.md").split(`\n## ${heading}\n`);
  const rows = (section.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("| "));
  const cells = rows.map((row) => row.split(" | ")[1] ?? "");
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, example = ""]) => example));
}

test("the examples of the reference are read, or refused, as it says", () => {
  const good = examplesUnder("Read").filter((example) => !example.startsWith("{"));
  const bad = examplesUnder("Refused").filter((example) => !/^to: |slice/.test(example));
  expect([good.length, bad.length].every((count) => count > 5)).toBe(true);
  for (const example of good) expect(parseMailbox(example).address, example).toContain("@");
  for (const example of bad) {
    const input = example.replaceAll("\\r\\n", "\r\n");
    expect(() => parseMailbox(input), example).toThrow(MessageError);
  }
});
