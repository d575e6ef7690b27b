/** Content that tries to end the message early, or to become commands: one message arrives, with every byte of it. */
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { SMTPServer } from "smtp-server";
import { describe, expect, onTestFinished, test } from "vitest";
import { createSmtpPool } from "../../src/smtp/index.ts";
import { composed } from "../support/composed.ts";
import { bytesOf, expectTruth, fail, fateOf } from "../support/fates.ts";
import { allModes, type Ledger, serveLedger } from "../support/ledger-smtp.ts";
import { readByPostalMime } from "../support/parsers.ts";

/** What some server somewhere has taken for the end of a message. */
const ENDS = [
  "\r\n.\r\n",
  "\n.\n",
  "\n.\r\n",
  "\r\n.\n",
  "\r.\r",
  "\r.\r\n",
  "\r\n.\r",
  "\n.\r",
  "\r.\n",
  "\r\n\0.\r\n",
  "\n\n.\r\n",
];
const INNER = "MAIL FROM:<eve@example.com>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nSubject: smuggled\r\n\r\nhi";
const honest = (): undefined => {};

/** The one message that arrived, after its text crossed the wire without anything a careless server could stumble over. */
async function arrived(ledger: Ledger): Promise<string> {
  expect(ledger.taken).toHaveLength(1);
  expect(ledger.server.conversations.flat().filter((line) => line.startsWith("MAIL"))).toHaveLength(1);
  for (const wire of ledger.wire) {
    expect(wire).not.toMatch(/(?:^|[^\r])\n|\r(?:[^\n]|$)|\0/);
    expect(wire).not.toMatch(/(?:^|[\r\n])\.[\r\n]/);
  }
  return ledger.taken[0]?.content ?? "";
}

const lf = (text: string): string => text.replace(/\r\n?/g, "\n");

describe.each(allModes)("in mode %s", (mode) => {
  test.each(ENDS)("end-of-data look-alike %j in the text: one message, no bare CR/LF, content kept", async (end) => {
    const text = `before${end}${INNER}${end}after`;
    const ledger = await serveLedger(mode, honest);
    // NUL stands in no text: composing refuses it or writes it another way, and what is sent is what was composed.
    const { bytes } = composed({ text: text.replace("\0", "\ufffd") });
    const fate = await fateOf(ledger, "mac", { bytes: Buffer.from(bytes) });
    expectTruth(ledger, [fate]);
    const content = await arrived(ledger);
    expect(content).toBe(Buffer.from(bytes).toString("latin1"));
    const read = await readByPostalMime(Buffer.from(content, "latin1"));
    expect(lf(read.text ?? "").trimEnd()).toBe(lf(text.replace("\0", "\ufffd")));
  });

  test("the same in HTML and attachments: one message", async () => {
    const tempting = ENDS.map((end) => `a${end}${INNER}`).join("");
    const attachment = Buffer.from(tempting);
    const { bytes } = composed({
      text: "see below",
      html: `<pre>${tempting.replaceAll("\0", "").replaceAll("<", "&lt;")}</pre>`,
      attachments: [{ filename: "a.txt", content: attachment }],
    });
    const ledger = await serveLedger(mode, honest);
    const fate = await fateOf(ledger, "mac", { bytes: Buffer.from(bytes) });
    expectTruth(ledger, [fate]);
    const content = await arrived(ledger);
    expect(content).toBe(Buffer.from(bytes).toString("latin1"));
    const read = await readByPostalMime(Buffer.from(content, "latin1"));
    expect(Buffer.from(read.attachments[0]?.content ?? "")).toEqual(attachment);
  });

  test.each(ENDS.filter((end) => /\r(?!\n)|(?<!\r)\n/.test(end)))(
    "%j in bytes of the caller's own: refused, nothing sent",
    async (end) => {
      const ledger = await serveLedger(mode, honest);
      const { error } = await fateOf(ledger, "bad", { bytes: Buffer.from(`X-Id: bad\r\n\r\na${end}${INNER}\r\n`) });
      expect(error).toMatchObject({ ...fail, code: "WX_SMTP_BARE_NEWLINE" });
      expect(ledger.server.received.bytes).toBe(0);
    },
  );

  test("dots at line starts and at every chunk edge: exact", async () => {
    const ledger = await serveLedger(mode, honest);
    // Lines whose dots come to stand before, on and after the edges of 64 KB, at every offset.
    const messages = Array.from({ length: 24 }, (_, shift) => {
      const start = `X-Id: m${shift}\r\n\r\n${"y".repeat(shift)}\r\n`;
      return Buffer.from(`${start}${".\r\n..\r\n...x\r\n".repeat(13_000)}.`);
    });
    for (const [index, bytes] of messages.entries()) {
      await fateOf(ledger, `m${index}`, { bytes });
      const ending = mode === "chunk" ? "" : "\r\n";
      expect(ledger.taken[index]?.content === `${bytes.toString("latin1")}${ending}`, `shift ${index}`).toBe(true);
    }
  });

  test.each([
    ["no bytes at all", ""],
    ["a dot", "."],
    ["a dot line", ".\r\n"],
    ["only line ends", "\r\n\r\n"],
    ["no line end at the end", "A: b\r\n\r\nlast"],
    ["nothing but commands", "RSET\r\nQUIT\r\n"],
    ["a BDAT of its own", "BDAT 5 LAST\r\nhello"],
  ])("content that is %s arrives as it is", async (_, text) => {
    const ledger = await serveLedger(mode, honest);
    const fates = [await fateOf(ledger, "warm"), await fateOf(ledger, "odd", { bytes: Buffer.from(text) })];
    expectTruth(ledger, [...fates, await fateOf(ledger, "next")]);
    const added = mode === "chunk" || text === "" || text.endsWith("\r\n") ? "" : "\r\n";
    expect(ledger.taken.map(({ content }) => content)).toEqual([
      String(bytesOf("warm")),
      text + added,
      String(bytesOf("next")),
    ]);
  });
});

test("a parser of DATA that is not ours (npm smtp-server) sees the same bytes", async () => {
  const contents: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData(stream, _, callback) {
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => callback(null, String(contents.push(Buffer.concat(pieces).toString("latin1")))));
    },
  });
  server.on("error", () => {});
  const { server: listener } = server;
  server.listen(0, "127.0.0.1");
  await once(listener, "listening");
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = listener.address() as AddressInfo;
  await using pool = createSmtpPool({ host: "127.0.0.1", port, security: "none" });
  const texts = ["A: b\r\n\r\n.\r\n..\r\n.x\r\n", ".\r\n", `A: b\r\n\r\n${".\r\n".repeat(50_000)}`];
  for (const text of texts) await pool.send({ from: "mac@example.com", to: ["ann@example.com"] }, Buffer.from(text));
  expect(contents).toEqual(texts);
});
