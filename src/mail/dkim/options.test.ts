import { expect, test } from "vitest";
import { ed25519Key, rsaKey } from "../../../test/support/dkim-keys.ts";
import { MailerError } from "../errors.ts";
import { dkimDnsRecord } from "./dns-record.ts";
import { type DkimKey, readDkimKeys } from "./options.ts";

const key: DkimKey = { domain: "example.com", selector: "mail2026", privateKey: ed25519Key() };

function problemOf(change: object): string {
  try {
    readDkimKeys([key, { ...key, ...change }]);
  } catch (error) {
    if (!(error instanceof MailerError)) throw error;
    expect(error.message.startsWith(error.setting)).toBe(true);
    return error.message;
  }
  return "accepted";
}

test("an option that cannot be used is refused by its place and with what is right", () => {
  const fromMissing = "dkim[1].headers lacks From, which every signature covers.";
  expect([
    problemOf({ domain: undefined }),
    problemOf({ domain: "exa mple" }),
    problemOf({ domain: "a@b.example" }),
    problemOf({ selector: undefined }),
    problemOf({ selector: "a_b;d=evil.example" }),
    problemOf({ headers: ["To"] }),
    problemOf({ headers: ["From", "Received"] }),
    problemOf({ headers: ["From", "Bcc"] }),
    problemOf({ headers: ["From", "X: y"] }),
    problemOf({ headers: "From" }),
    problemOf({ canonicalization: "nofws" }),
    problemOf({ expirationSeconds: 0 }),
    problemOf({ bodyLength: 100 }),
    problemOf({ selectro: "x" }),
  ]).toEqual([
    "dkim[1].domain is missing. Give a domain such as example.com.",
    'dkim[1].domain is "exa mple", which is no domain. Give one such as example.com.',
    'dkim[1].domain is "a@b.example", which is no domain. Give one such as example.com.',
    "dkim[1].selector is missing. Give letters, digits and hyphens, such as mail2026.",
    'dkim[1].selector is "a_b;d=evil.example". Give letters, digits and hyphens, such as mail2026.',
    fromMissing,
    "dkim[1].headers holds received, which is changed or dropped on the way.",
    "dkim[1].headers holds bcc, which is changed or dropped on the way.",
    "dkim[1].headers holds what is no header's name.",
    "dkim[1].headers is no list of header names.",
    'dkim[1].canonicalization is "nofws". It is relaxed/relaxed, or simple in place of either.',
    "dkim[1].expirationSeconds is no whole number of seconds over 0, such as 604800 for a week.",
    "dkim[1].bodyLength is not an option. A signature always covers the whole body; else anyone could append to the mail.",
    "dkim[1].selectro is not an option. Did you mean selector?",
  ]);
});

test("a single key is named without a number", () => {
  expect(() => readDkimKeys({ ...key, selector: "" })).toThrow(/^dkim\.selector is ""/);
  expect(() => readDkimKeys(undefined as unknown as DkimKey)).toThrow(/^dkim is no key/);
});

test("headers narrows what is oversigned, and oversign adds to what is signed", () => {
  const [plan] = readDkimKeys({ ...key, headers: ["Subject", "FROM", "from", "X-Tag"] });
  expect([plan?.headers, [...(plan?.oversign ?? [])]]).toEqual([
    ["subject", "from", "x-tag"],
    ["from", "subject"],
  ]);
  const [wider] = readDkimKeys({ ...key, headers: ["From"], oversign: ["X-Tag"] });
  expect([wider?.headers, [...(wider?.oversign ?? [])]]).toEqual([["from", "x-tag"], ["x-tag"]]);
});

test("the record to publish has the key's name, and strings that a zone file takes", () => {
  const ed = dkimDnsRecord({ ...key, domain: "例子.中国" });
  expect(ed.name).toBe("mail2026._domainkey.xn--fsqu00a.xn--fiqs8s");
  expect(ed.value).toMatch(/^v=DKIM1; k=ed25519; p=[\w+/]{43}=$/);
  expect(ed.strings).toEqual([ed.value]);
  const rsa = dkimDnsRecord({ ...key, privateKey: rsaKey() });
  expect(rsa.value).toMatch(/^v=DKIM1; k=rsa; p=MIIBIj/);
  expect(rsa.strings.join("")).toBe(rsa.value);
  expect(rsa.strings.map((text) => text.length <= 255)).toEqual([true, true]);
  expect(() => dkimDnsRecord({ ...key, selector: "" })).toThrow(/^key\.selector/);
});
