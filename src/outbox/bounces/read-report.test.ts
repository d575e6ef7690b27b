import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readReport, type Reading } from "./read-report.ts";
import { MOST_RECIPIENTS } from "./report.ts";

const vectors = join(process.cwd(), "test/vectors/bounces");

/** A mail of the vectors, with the line ends that servers write. */
async function read(name: string): Promise<Reading> {
  const text = await readFile(join(vectors, `${name}.eml`), "utf8");
  const reading = await readReport(Buffer.from(text.replaceAll("\n", "\r\n")));
  const asItLies = await readReport(Buffer.from(text));
  const withoutId = (one: Reading): unknown => (one.is === "report" ? { ...one.report, id: "" } : one.is);
  expect(withoutId(asItLies), "the same with bare line feeds").toEqual(withoutId(reading));
  return reading;
}

async function reportOf(name: string): Promise<Extract<Reading, { is: "report" }>["report"]> {
  const reading = await read(name);
  if (reading.is !== "report") throw new Error(`${name} was read as ${reading.is}`);
  return reading.report;
}

const ann = "ann@example.com";

describe("reports in a standard form", () => {
  test.each([
    [
      "postfix-failed",
      "dsn",
      [
        [ann, "hard-bounce", "5.1.1"],
        ["team+more@shop.example", "soft-bounce", "5.2.2"],
      ],
    ],
    ["postfix-delayed", "dsn", [[ann, "delayed", "4.4.1"]]],
    ["postfix-success", "dsn", [[ann, "delivered", "2.0.0"]]],
    ["exim-failed", "dsn", [[ann, "hard-bounce", "5.0.0"]]],
    ["gmail-failed", "dsn", [["ann@gmail.com", "hard-bounce", "5.1.1"]]],
    ["microsoft365-failed", "dsn", [[ann, "hard-bounce", "5.4.1"]]],
    ["163-report", "dsn", [[ann, "hard-bounce", "5.0.0"]]],
    ["yahoo-arf", "arf", [["ann@yahoo.com", "complaint", ""]]],
    ["arf-redacted", "arf", [["", "complaint", ""]]],
  ])("%s", async (name, format, recipients) => {
    const report = await reportOf(name);
    expect(report.format).toBe(format);
    expect(report.recipients.map(({ address, kind, status }) => [address, kind, status])).toEqual(recipients);
    expect(report.messageIds).toEqual(["<0190-orig@shop.example>"]);
  });

  test("a forwarded recipient keeps the name that the sender wrote, and the one it was forwarded to", async () => {
    const [, bob] = (await reportOf("postfix-failed")).recipients;
    expect(bob).toMatchObject({ address: "team+more@shop.example", aliases: ["bob@example.net"] });
  });

  test("a delay says until when the server goes on trying", async () => {
    const [said] = (await reportOf("postfix-delayed")).recipients;
    expect(said?.retryUntil).toBe(Date.parse("2026-03-07T10:00:01Z"));
    expect(said?.detail).toBe("connect to mail.example.com[192.0.2.7]:25: Connection timed out");
  });

  test("the server that refused is named, and its words are on one line", async () => {
    const [said] = (await reportOf("gmail-failed")).recipients;
    expect(said?.server).toContain("gmail-smtp-in.l.google.com");
    expect(said?.detail).toMatch(/^550-5\.1\.1 The email account .* - gsmtp$/);
  });

  test("where it was sent is known from the fields that servers write, and from the envelope", async () => {
    const raw = await readFile(join(vectors, "postfix-failed.eml"));
    const reading = await readReport(raw, { sentTo: ["b123@bounces.example"] });
    expect(reading).toMatchObject({ report: { sentTo: ["b123@bounces.example", "app@shop.example"] } });
  });

  test("a report on another message of a conversation is not taken for one on ours", async () => {
    const raw = await readFile(join(vectors, "gmail-failed.eml"), "utf8");
    const other = await readReport(Buffer.from(raw.replace("\nMessage-ID: <0190-orig@", "\nMessage-ID: <another@")));
    expect(other).toMatchObject({ report: { messageIds: ["<another@shop.example>"] } });
  });

  test("where nothing came back, the last message that the report refers to is meant", async () => {
    const raw = (await readFile(join(vectors, "exim-failed.eml"), "utf8"))
      .replace("References: <", "References: <first@shop.example> <second@shop.example> <")
      .replace("Content-type: message/rfc822", "Content-type: text/plain");
    const lost = await readReport(Buffer.from(raw.replace("Message-ID: <0190", "X-Was: <0190")));
    expect(lost).toMatchObject({ report: { messageIds: ["<0190-orig@shop.example>"] } });
  });
});

describe("bounces in words only", () => {
  test.each([
    ["163-words", [[ann, "hard-bounce", ""]]],
    ["qq-words", [[ann, "hard-bounce", "5.1.1"]]],
    ["exchange-words", [[ann, "hard-bounce", "5.1.10"]]],
    [
      "qmail-words",
      [
        [ann, "hard-bounce", "5.1.1"],
        ["bob@example.net", "hard-bounce", "5.1.2"],
      ],
    ],
    [
      "exim-old-words",
      [
        [ann, "hard-bounce", "5.1.1"],
        ["bob@example.net", "soft-bounce", ""],
      ],
    ],
  ])("%s", async (name, recipients) => {
    const report = await reportOf(name);
    expect(report.format).toBe("text");
    expect(report.recipients.map(({ address, kind, status }) => [address, kind, status])).toEqual(recipients);
    expect(report.messageIds).toEqual(["<0190-orig@shop.example>"]);
  });

  test("one that says no reason is not held against the address", async () => {
    const report = await readReport(
      mail("From: Postmaster@163.com", "Subject: 系统退信", "", "您发送给 ann@example.com 的信件没有送达。"),
    );
    expect(report).toMatchObject({ report: { recipients: [{ address: ann, kind: "soft-bounce" }] } });
  });

  test("one that names nobody is about whoever the message went to", async () => {
    const report = await readReport(
      mail("From: MAILER-DAEMON@relay.example", "Subject: failure notice", "", "It failed."),
    );
    expect(report).toMatchObject({ report: { recipients: [{ address: "", kind: "soft-bounce" }] } });
  });

  test("a warning that goes on trying is a delay", async () => {
    const lines = ["From: Mailer-Daemon@relay.example", "X-Failed-Recipients: ann@example.com"];
    const report = await readReport(
      mail(...lines, "Subject: Warning: message 1a-2b delayed 24 hours", "", "It waits."),
    );
    expect(report).toMatchObject({ report: { recipients: [{ address: ann, kind: "delayed" }] } });
  });
});

describe("what is no report", () => {
  test.each([
    ["auto-reply", "auto-reply"],
    ["read-receipt", "other"],
    ["person-about-a-bounce", "other"],
    ["postmaster-writes", "other"],
  ])("%s", async (name, is) => {
    expect(await read(name)).toEqual({ is });
  });

  test.each([
    ["Subject: Out of Office: hello"],
    ["X-Autoreply: yes"],
    ["Auto-Submitted: auto-generated"],
    ["Precedence: auto_reply"],
  ])("an automatic answer is known by %s", async (field) => {
    expect(await readReport(mail("From: ann@example.com", field, "", "I am away."))).toEqual({ is: "auto-reply" });
  });

  test("feedback that is no complaint", async () => {
    const raw = (await readFile(join(vectors, "yahoo-arf.eml"), "utf8")).replace("Type: abuse", "Type: not-spam");
    expect(await readReport(Buffer.from(raw))).toEqual({ is: "other" });
  });

  test.each([
    ["nothing", ""],
    ["no header", "\r\n\r\nHello"],
    ["zeros", "\0".repeat(1000)],
    ["a boundary that never comes", "Content-Type: multipart/report; boundary=x\r\n\r\nHello\r\n"],
    ["no boundary", "From: mailer-daemon@x.example\r\nContent-Type: multipart/report\r\n\r\n--\r\n--\r\n"],
    ["a status without recipients", statusMail("Reporting-MTA: dns; x")],
    ["a status without an action", statusMail("Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; ann@example.com")],
    [
      "a status of an X.400 address",
      statusMail("A: b\r\n\r\nFinal-Recipient: x400; /CN=ann/\r\nAction: failed\r\nStatus: 5.1.1"),
    ],
  ])("%s", async (_name, raw) => {
    expect(await readReport(Buffer.from(raw))).toEqual({ is: "other" });
  });
});

describe("hostile mails", () => {
  test("thousands of recipients are cut off", async () => {
    const many = Array.from(
      { length: 5000 },
      (_, n) => `Final-Recipient: rfc822; u${n}@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n`,
    );
    const reading = await readReport(Buffer.from(statusMail(`Reporting-MTA: dns; x\r\n\r\n${many.join("\r\n")}`)));
    expect(reading.is === "report" && reading.report.recipients.length).toBe(MOST_RECIPIENTS);
  });

  test("a report in front of 10 MB is still read", async () => {
    const raw = statusMail("A: b\r\n\r\nFinal-Recipient: rfc822; ann@example.com\r\nAction: failed\r\nStatus: 5.1.1");
    const reading = await readReport(Buffer.from(raw + "x".repeat(76).concat("\r\n").repeat(135_000)));
    expect(reading).toMatchObject({ is: "report", report: { recipients: [{ address: ann }] } });
  });

  test.each([
    ["line feeds", "\n".repeat(10_000_000)],
    ["open angle brackets", `Content-Type: text/html\r\n\r\n${"<".repeat(1_000_000)}`],
    ["one header without end", `Subject: ${"a ".repeat(5_000_000)}`],
    ["parts in parts", nested(3000)],
    [
      "encoded words",
      `From: mailer-daemon@x.example\r\nSubject: ${"=?gb18030?B?0MXNy9DF?=\r\n ".repeat(20_000)}\r\n\r\n`,
    ],
    ["dashes", `From: mailer-daemon@x.example\r\nSubject: failure notice\r\n\r\n${"-".repeat(1_000_000)}`],
    ["blanks", `From: mailer-daemon@x.example\r\nSubject: failure notice\r\n\r\n${" ".repeat(1_000_000)}x`],
    ["addresses", `From: postmaster@163.com\r\nSubject: Undeliverable mail\r\n\r\n${"发给a@b ".repeat(100_000)}`],
    ["fields of one name", statusMail(`${"Final-Recipient: rfc822; a@b.example\r\n".repeat(60_000)}Action: failed`)],
    [
      "one folded field",
      statusMail(`Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n${" more\r\n".repeat(55_000)}`),
    ],
  ])("10 MB of %s end", { timeout: 20_000 }, async (_name, raw) => {
    expect(["report", "other"]).toContain((await readReport(Buffer.from(raw))).is);
  });
});

function mail(...lines: string[]): Buffer {
  const [fields, body] = [lines.slice(0, lines.indexOf("")), lines.slice(lines.indexOf("") + 1)];
  return Buffer.from([...fields, "Content-Type: text/plain; charset=utf-8", "", ...body].join("\r\n"));
}

function statusMail(content: string): string {
  return `Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n${content}\r\n\r\n--x--\r\n`;
}

function nested(depth: number): string {
  const parts = Array.from(
    { length: depth },
    (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
  );
  return parts.join("");
}
