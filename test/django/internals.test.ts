/** Django's tests of its deprecated internals, as far as what they guard against can happen here too. */
import { expect, test } from "vitest";
import { formatMailbox, parseMailbox } from "../../src/mail/index.ts";
import { onTheWire, partsOf } from "./support.ts";

test("DeprecatedInternals.test_sanitize_address: names and addresses are written as another parser reads them", () => {
  const cases: [name: string, address: string, written: string][] = [
    ["", "to@example.com", "to@example.com"],
    ["A name", "to@example.com", "A name <to@example.com>"],
    ["A name, with comma", "to@example.com", '"A name, with comma" <to@example.com>'],
    ['A "quoted" name', "to@example.com", '"A \\"quoted\\" name" <to@example.com>'],
    ["back\\slash", "to@example.com", '"back\\\\slash" <to@example.com>'],
    ["to@other.com", "to@example.com", '"to@other.com" <to@example.com>'],
    ["名前", "to@example.com", '"名前" <to@example.com>'],
    ["", '"to@other"@example.com', '"to@other"@example.com'],
    ["", "to@éxample.com", "to@éxample.com"],
  ];
  for (const [name, address, written] of cases) {
    expect(formatMailbox({ name, address })).toBe(written);
    expect(parseMailbox(written)).toEqual({ name, address });
  }
});

test("DeprecatedInternals.test_sanitize_address_invalid: what is not exactly one mailbox is refused", () => {
  const invalid = [
    "",
    "to@",
    "@example.com",
    "to@other@example.com",
    "to@example.com, other@example.com",
    "<to@example.com> <other@example.com>",
    '"unclosed <to@example.com>',
    "to @example.com",
  ];
  for (const address of invalid) expect(() => parseMailbox(address), address).toThrow(/^address/);
});

test("DeprecatedInternals.test_sanitize_address_header_injection: no line break in a name or an address", () => {
  for (const [name, address] of [
    ["Name\nInjection", "to@example.com"],
    ["", "to\ninjection@example.com"],
    ["Name", "to@example.com\r\nBcc: x@y.cn"],
    ["", "to@exam\rple.com"],
  ] as const) {
    expect(() => formatMailbox({ name, address })).toThrow(/control character/);
  }
});

test("DeprecatedInternals.test_body_with_surrogateescape: half a character becomes the sign for one that is missing, and nothing breaks", async () => {
  const { raw } = await onTheWire({ text: "half \udcff" });
  expect(partsOf(raw)[0]?.content.toString().trimEnd()).toBe("half \ufffd");
});
