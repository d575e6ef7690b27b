/** The strict checker sees nothing in a sound message, and each rule that is broken. */
import { describe, expect, test } from "vitest";
import { brokenRules } from "./strict-mime.ts";

const SOUND_HEADER = [
  "From: Ann Lee <ann@example.com>",
  "To: =?UTF-8?B?5aSp5aSp?= <bob@example.com>, <carol@example.com>,",
  ' "Doe, \\"J\\"" <"john doe"@xn--fsqu00a.example>, dan@[192.0.2.1]',
  "Subject: =?UTF-8?Q?Caf=C3=A9_?= =?UTF-8?B?5aSp?= and =? more",
  "Date: Fri, 02 Jan 2026 03:04:05 +0000",
  "Message-ID: <1.a@example.com>",
  "MIME-Version: 1.0",
];
const PLAIN = ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 7bit", "", "Hello", ""];

function message(...lines: readonly string[]): Buffer {
  return Buffer.from(lines.join("\r\n"), "latin1");
}

function rules(bytes: Uint8Array): string[] {
  return brokenRules(bytes).map(({ rule }) => rule);
}

/** A sound message with the header line of that name replaced, or added. */
function withField(line: string): Uint8Array {
  const name = line.slice(0, line.indexOf(":") + 1);
  return message(...SOUND_HEADER.filter((other) => !other.startsWith(name)), line, ...PLAIN);
}

/** A sound header and a body of the given type and encoding. */
function withBody(type: string, encoding: string, ...lines: readonly string[]): Uint8Array {
  const headers = [`Content-Type: ${type}`, `Content-Transfer-Encoding: ${encoding}`];
  return message(...SOUND_HEADER, ...headers, "", ...lines);
}

function multipart(...lines: readonly string[]): Uint8Array {
  return message(...SOUND_HEADER, 'Content-Type: multipart/mixed; boundary="=_0"', "", ...lines);
}

describe("nothing is found in", () => {
  test.each<[string, Uint8Array]>([
    ["plain text", message(...SOUND_HEADER, ...PLAIN)],
    ["quoted-printable", withBody("text/plain; charset=utf-8", "quoted-printable", "=E5=A4=A9 a=20", "b=", "c", "")],
    ["base64", withBody("text/plain; charset=gb18030", "base64", "zOzM7A==", "")],
    ["an empty base64 body", withBody("application/pdf", "base64", "", "")],
    ["a folded header", withField(`References: <1@a.example>\r\n <2@a.example>\r\n <${"3".repeat(90)}@a.example>`)],
    ["a long header without a place to fold", withField(`X-Key: ${"k".repeat(500)}`)],
    ["list headers", withField("List-Unsubscribe: <mailto:off@example.com>, <https://example.com/off?a=b>")],
    [
      "parts in parts, with a cid that is there",
      multipart(
        "--=_0",
        'Content-Type: multipart/related; boundary="=_1"',
        "",
        "--=_1",
        "Content-Type: text/html; charset=utf-8",
        "",
        '<img src="cid:a%40b"> --=_1 --=_0',
        "",
        "--=_1",
        "Content-Type: image/png",
        "Content-ID: <a@b>",
        "Content-Transfer-Encoding: base64",
        "",
        "AAAA",
        "--=_1--",
        "",
        "--=_0",
        "Content-Type: application/pdf;",
        " name*0*=utf-8''%E5%A4%A9;",
        " name*1*=a.pdf",
        'Content-Disposition: attachment; filename="a b.pdf";',
        " filename*=utf-8''%E5%A4%A9.pdf",
        "Content-Transfer-Encoding: base64",
        "",
        "AAAA",
        "--=_0--",
        "",
      ),
    ],
  ])("%s", (_, bytes) => {
    expect(brokenRules(bytes)).toEqual([]);
  });
});

describe("of lines, it finds", () => {
  test.each<[string, string]>([
    ["bare-cr", "a\rb"],
    ["bare-lf", "a\nb"],
    ["bare-cr", "a\r\r"],
    ["control-character", "a\0b"],
    ["control-character", "a\x1bb"],
    ["not-7bit", "caf\xe9"],
    ["line-over-998", "x".repeat(999)],
  ])("%s", (rule, line) => {
    const bytes = message(...SOUND_HEADER, ...PLAIN.slice(0, -1), line, "");
    expect(rules(bytes)).toContain(rule);
    const at = Buffer.from(bytes).toString("latin1").indexOf(line);
    expect(brokenRules(bytes).every(({ offset }) => offset >= at - 9 && offset <= at + line.length)).toBe(true);
  });

  test("no-last-crlf", () => {
    expect(rules(message(...SOUND_HEADER, ...PLAIN.slice(0, -1)))).toEqual(["no-last-crlf"]);
  });
});

describe("of a header, it finds", () => {
  test.each<[string, string]>([
    ["never", "Bcc: eve@example.com"],
    ["field-name", "X Key: a"],
    ["field-name", "X-K\u00e9y: a"],
    ["field-name", "no colon"],
    ["field-name", ": a"],
    ["field-name-length", `X-${"a".repeat(90)}: a`],
    ["no-space-after-colon", "X-Key:a"],
    ["empty-field", "X-Key: "],
    ["blank-fold", "X-Key: a\r\n \r\n b"],
    ["blank-at-line-end", "X-Key: a \r\n b"],
    ["encoded-word-line-over-76", `X-Key: ${"a".repeat(60)} =?UTF-8?Q?=C3=A9?=`],
    ["line-over-78-that-folds", `X-Key: ${"a ".repeat(40)}a`],
    ["encoded-word-over-75", `Subject: =?UTF-8?Q?${"a".repeat(64)}?=`],
    ["encoded-word-splits-character", "Subject: =?UTF-8?B?5aQ=?= =?UTF-8?B?qQ==?="],
    ["encoded-word-splits-character", "Subject: =?UTF-8?Q?=E5=A4?="],
    ["encoded-word-splits-character", "Subject: =?no-such-charset?Q?a?="],
    ["encoded-word-text", "Subject: =?UTF-8?B?5aSp5?="],
    ["encoded-word-text", "Subject: =?UTF-8?B?YR==?="],
    ["encoded-word-text", "Subject: =?UTF-8?Q?=e5=a4=a9?="],
    ["encoded-word-text", "From: =?UTF-8?Q?a$_=C3=A9?= <a@example.com>"],
    ["encoded-word-empty", "Subject: =?UTF-8?Q??="],
    ["encoded-word", "Subject: =?UTF-8?X?a?="],
    ["encoded-control-character", "Subject: =?UTF-8?Q?a=0D=0ABcc:_b?="],
    ["encoded-word-in-quotes", 'From: "=?UTF-8?Q?=C3=A9?=" <a@example.com>'],
    ["encoded-word-out-of-place", "List-Help: =?UTF-8?Q?=C3=A9?= <mailto:a@example.com>"],
    ["encoded-word-out-of-place", "Message-ID: =?UTF-8?Q?=C3=A9?="],
    ["mailbox", "From: (Ann) a@example.com"],
    ["mailbox", "To: Team: a@example.com;"],
    ["mailbox", "To: Ann <a@example.com> Lee"],
    ["mailbox", 'To: "Ann <a@example.com>'],
    ["mailbox", "To: a@[192.0.2.1"],
    ["address", "To: a@example.com, "],
    ["address", "To: a b@example.com"],
    ["address", "To: a..b@example.com"],
    ["address", "To: <@relay.example,@x.example:a@example.com>".replace(":a", " a")],
    ["address", "To: a@-example.com"],
    ["address", `To: a@${"b".repeat(64)}.com`],
    ["address", `To: ${"a".repeat(65)}@example.com`],
    ["address", "To: root"],
    ["phrase", "To: a@b <a@example.com>"],
    ["date", "Date: Thu, 02 Jan 2026 03:04:05 +0000"],
    ["date", "Date: Mon, 30 Feb 2026 03:04:05 +0000"],
    ["date", "Date: 2026-01-02T03:04:05Z"],
    ["date", "Date: Fri, 02 Jan 2026 24:04:05 +0000"],
    ["message-id", "Message-ID: 1@example.com"],
    ["message-id", "Message-ID: <1 a@example.com>"],
    ["message-id", "References: <1@example.com>,<2@example.com>"],
    ["message-id", "In-Reply-To: Ann's mail"],
    ["mime-version", "MIME-Version: 1.1"],
    ["list-field", "List-Unsubscribe: https://example.com/off"],
    ["list-field", "List-Post: <mailto:a@example.com> (Ann)"],
  ])("%s in %j", (rule, line) => {
    expect(rules(withField(line))).toContain(rule);
  });

  test.each(["From", "Date", "Message-ID", "MIME-Version"])("%s missing, or twice", (name) => {
    const [line = ""] = SOUND_HEADER.filter((other) => other.startsWith(`${name}:`));
    expect(rules(message(...SOUND_HEADER.filter((other) => other !== line), ...PLAIN))).toEqual(["once"]);
    expect(rules(message(line, ...SOUND_HEADER, ...PLAIN))).toEqual(["once"]);
  });

  test.each(["Subject: b", "to: b@example.com", "Content-Type: text/html"])("%j twice", (line) => {
    expect(rules(message(line, ...SOUND_HEADER, ...PLAIN))).toContain("once");
  });

  test("its end missing", () => {
    expect(rules(message("From: a@example.com"))).toContain("header-without-end");
  });
});

test("UTF-8 in a header is sound where it is asked for, and nothing else outside ASCII is", () => {
  const utf8 = message(...SOUND_HEADER, ...PLAIN)
    .toString()
    .replace("Ann Lee <ann", "天天 <麦克");
  const rulesOf = (bytes: Uint8Array): string[] => brokenRules(bytes, { utf8: true }).map(({ rule }) => rule);
  expect(rulesOf(Buffer.from(utf8))).toEqual([]);
  expect(rules(Buffer.from(utf8))).toContain("not-7bit");
  expect(rulesOf(Buffer.from(utf8.replace("Hello", "天")))).toEqual(["not-7bit", "not-7bit", "not-7bit"]);
  expect(rulesOf(message("Subject: \xff", ...SOUND_HEADER, ...PLAIN))).toContain("header-not-utf8");
});

describe("of parameters, it finds", () => {
  test.each<[string, string]>([
    ["parameter", "; =a"],
    ["parameter", "; a b=c"],
    ["parameter-value", "; a=b c"],
    ["parameter-value", '; a="b'],
    ["parameter-twice", "; a=b; A=c"],
    ["parameter-section", "; a*0=b; a*2=c"],
    ["parameter-section", "; a*x=b"],
    ["parameter-charset", "; a*=%E5%A4%A9"],
    ["parameter-octets", "; a*=utf-8''%e5%a4%a9"],
    ["parameter-octets", "; a*=utf-8''a'b"],
    ["parameter-splits-character", "; a*0*=utf-8''%E5; a*1*=%A4%A9"],
    ["encoded-word-in-parameter", '; a="=?UTF-8?Q?=C3=A9?="'],
  ])("%s in %j", (rule, parameters) => {
    expect(rules(withBody(`text/plain${parameters}`, "7bit", "", ""))).toContain(rule);
  });

  test.each<[string, string]>([
    ["content-type", "Content-Type: text"],
    ["content-disposition", "Content-Disposition: show me"],
    ["filename", 'Content-Disposition: attachment; filename="../a"'],
    ["filename", "Content-Disposition: attachment; filename*=utf-8''a%0Ab"],
    ["content-id", "Content-ID: a@b"],
  ])("%s in %j", (rule, line) => {
    const bytes = message(...SOUND_HEADER, line, "Content-Transfer-Encoding: 7bit", "", "");
    expect(rules(bytes)).toContain(rule);
  });
});

describe("of a body, it finds", () => {
  const utf8 = "text/plain; charset=utf-8";
  test.each<[string, Uint8Array]>([
    ["transfer-encoding", withBody(utf8, "8bit", "a", "")],
    ["qp-line-over-76", withBody(utf8, "quoted-printable", "a".repeat(77), "")],
    ["qp-escape", withBody(utf8, "quoted-printable", "a=b", "")],
    ["qp-escape", withBody(utf8, "quoted-printable", "=e5=a4=a9", "")],
    ["qp-blank-at-line-end", withBody(utf8, "quoted-printable", "a ", "")],
    ["qp-soft-break-at-end", withBody(utf8, "quoted-printable", "a=", "")],
    ["base64-line-over-76", withBody(utf8, "base64", "A".repeat(80), "")],
    ["base64-character", withBody(utf8, "base64", "AA*A", "")],
    ["base64-empty-line", withBody(utf8, "base64", "AAAA", "", "AAAA", "")],
    ["base64-padding", withBody("application/pdf", "base64", "AAA", "")],
    ["base64-padding", withBody("application/pdf", "base64", "AB==", "")],
    ["base64-padding", withBody("application/pdf", "base64", "AA==", "AAAA", "")],
    ["charset", withBody(utf8, "base64", "//8=", "")],
    ["charset", withBody("text/plain", "base64", "5aSp", "")],
    ["content-id-missing", withBody("text/html; charset=utf-8", "7bit", '<img src="cid:logo">', "")],
    ["content-id-missing", withBody("text/html; charset=utf-8", "7bit", "<p style='background:url(cid:logo)'>", "")],
  ])("%s", (rule, bytes) => {
    expect(rules(bytes)).toContain(rule);
  });
});

describe("of parts, it finds", () => {
  const part = ["Content-Type: text/plain", "", "Hello"];
  const withId = ["Content-Type: text/plain", "Content-ID: <a>", "", "Hello"];
  test.each<[string, Uint8Array]>([
    ["no-boundary", withBody("multipart/mixed", "7bit", "a", "")],
    ["boundary", withBody(`multipart/mixed; boundary="a${"b".repeat(70)}"`, "7bit", "a", "")],
    ["boundary", withBody('multipart/mixed; boundary="a b "', "7bit", "a", "")],
    ["boundary", withBody('multipart/mixed; boundary="a*b"', "7bit", "a", "")],
    ["encoded-composite", withBody('multipart/mixed; boundary="a"', "base64", "a", "")],
    ["encoded-composite", withBody("message/rfc822", "quoted-printable", "a", "")],
    ["no-parts", multipart("--=_0--", "")],
    ["no-parts", multipart("Hello", "")],
    ["no-closing-delimiter", multipart("--=_0", ...part, "")],
    ["delimiter-line", multipart("--=_0", ...part, "--=_0x", ...part, "--=_0--", "")],
    ["once", multipart("--=_0", "Content-Type: text/html", ...part, "--=_0--", "")],
    ["content-id-twice", multipart("--=_0", ...withId, "--=_0", ...withId, "--=_0--", "")],
    [
      "boundary-clash",
      multipart("--=_0", 'Content-Type: multipart/mixed; boundary="=_01"', "", "--=_01--", "--=_0--", ""),
    ],
    ["header-without-end", multipart("--=_0", "Content-Type: text/plain", "--=_0--", "")],
  ])("%s", (rule, bytes) => {
    expect(rules(bytes)).toContain(rule);
  });
});
