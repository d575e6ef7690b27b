/** What holds for every text that is read as a mailbox, and for every mailbox that is written. */
import * as fc from "fast-check";
import type { Arbitrary } from "fast-check";
import { expect, test } from "vitest";
import { readAddress } from "../../src/mail/addr-spec.ts";
import { parseMailboxText, readMailbox } from "../../src/mail/address.ts";
import { envelopeProblem } from "../../src/smtp/envelope.ts";
import { formatMailbox, type Mailbox, MessageError, parseMailbox, toAsciiAddress } from "../../src/mail/index.ts";
import { runs } from "../support/property.ts";
import { headerText, mailbox } from "../support/random-message.ts";

/** Pieces of addresses, and all that may stand around one. */
const PIECES = [
  "ann",
  "Ann Lee",
  "@",
  "example.com",
  "ann@example.com",
  "<ann@example.com>",
  "<",
  ">",
  '"',
  '"john doe"',
  "\\",
  ",",
  ";",
  ":",
  "(c)",
  "[192.0.2.1]",
  ".",
  "..",
  "-",
  "_",
  " ",
  "  ",
  "\t",
  "\r\n",
  "\0",
  "\u2028",
  "=?utf-8?q?x=40y?=",
  "例子.中国",
  "。",
  "麦克",
  "１２７",
  "%2e",
  "xn--fsqu00a",
  "0x7f",
  "1",
  "a".repeat(63),
  "\ud83d",
  "👍",
];
const nearAddress: Arbitrary<string> = fc
  .array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...PIECES) }, fc.string({ maxLength: 4 })), { maxLength: 8 })
  .map((pieces) => pieces.join(""));
const text: Arbitrary<string> = fc.oneof(
  nearAddress,
  headerText,
  mailbox.map((one) => formatMailbox(one)),
);

/** What a call answers, or why it refuses. */
function outcome<T>(call: () => T): T | string {
  try {
    return call();
  } catch (error) {
    if (error instanceof MessageError) return error.message;
    throw error;
  }
}

test("the short way reads what the long way reads, to the same", () => {
  fc.assert(
    fc.property(text, (input) => {
      expect(outcome(() => parseMailbox(input, "to"))).toEqual(outcome(() => readMailbox(input, "to")));
      expect(outcome(() => toAsciiAddress(input, "to"))).toEqual(outcome(() => readAddress(input, "to")));
    }),
    runs(5000),
  );
});

test("a mailbox comes back from its written form", () => {
  fc.assert(
    fc.property(mailbox, (one) => {
      expect(parseMailbox(formatMailbox(one))).toEqual(one);
    }),
    runs(1000),
  );
});

test("several come back from one text, and from no text as one", () => {
  fc.assert(
    fc.property(mailbox, mailbox, fc.constantFrom(", ", ",", "; ", " ", ""), (first, second, gap) => {
      const both = formatMailbox(first) + gap + formatMailbox(second);
      expect(() => parseMailbox(both)).toThrow(MessageError);
      if (gap.startsWith(",")) expect(parseMailboxText(both, "to")).toEqual([first, second]);
    }),
    runs(1000),
  );
});

/** RFC 5321, section 4.1.2, once more and in other words: what may stand in RCPT TO. */
const ON_THE_WIRE =
  /^(?:[a-z\d!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z\d!#$%&'*+/=?^_`{|}~-]+)*|"(?:[ !#-;=?-[\]-~]|\\[ -;=?-~])*")@(?:[a-z\d_](?:[a-z\d_-]*[a-z\d_])?\.)*[a-z_\d](?:[a-z\d_-]*[a-z\d_])?$/i;

test("what is read is one address that SMTP can carry, stands in the text, and stays the same when read again", () => {
  let read = 0;
  fc.assert(
    fc.property(text, (input) => {
      const found = outcome(() => parseMailbox(input));
      if (typeof found === "string") return;
      read++;
      const { address } = found;
      const sent = toAsciiAddress(address);
      expect(sent).toMatch(ON_THE_WIRE);
      expect(envelopeProblem({ from: sent, to: [sent] })).toBeUndefined();
      expect(sent.length).toBeLessThanOrEqual(254);
      expect(input).toContain(address);
      expect(sent.slice(0, sent.lastIndexOf("@"))).toBe(address.slice(0, address.lastIndexOf("@")));
      expect(toAsciiAddress(sent)).toBe(sent);
      expect(parseMailbox(formatMailbox(found))).toEqual(found);
    }),
    runs(5000),
  );
  expect(read, "texts that are mailboxes").toBeGreaterThan(500);
});

test("what is read under an option, SMTP can carry too", () => {
  const options = { smtpUtf8: true, domainLiteral: true };
  let read = 0;
  fc.assert(
    fc.property(nearAddress, fc.constantFrom("@例子.中国", "@[IPv6:2001:db8::1]", ""), (local, domain) => {
      const found = outcome(() => ({ sent: toAsciiAddress(local + domain, "to", options) }));
      if (typeof found === "string") return;
      const { sent } = found;
      read++;
      expect(envelopeProblem({ from: sent, to: [sent], smtpUtf8: true })).toBeUndefined();
      expect(sent.slice(0, sent.lastIndexOf("@"))).toBe((local + domain).slice(0, sent.lastIndexOf("@")));
    }),
    runs(3000),
  );
  expect(read, "texts that are addresses").toBeGreaterThan(50);
});

test("an object is read as it is, or refused", () => {
  let read = 0;
  fc.assert(
    fc.property(
      fc.record({ name: nearAddress, address: fc.oneof(nearAddress, fc.constant("ann@例子.中国")) }),
      (given: Mailbox) => {
        const found = outcome(() => parseMailbox(given));
        if (typeof found === "string") return;
        read++;
        expect(found).toEqual(given);
      },
    ),
    runs(1000),
  );
  expect(read, "objects that are mailboxes").toBeGreaterThan(20);
});
