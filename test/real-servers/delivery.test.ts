/** Two thousand messages into each real server by each way it offers: none lost, none doubled, every byte as sent. */
import { describe, expect, test } from "vitest";
import { createSmtpPool } from "../../src/smtp/index.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type MailServer, startMailServer, whyNoServer } from "./mail-server.ts";

const MESSAGES = Number(process.env["WAXSEAL_TEST_MESSAGES"] ?? 2000);

const MODES = ["one", "pipe", "chain", "chunk"] as const;

describe.each([
  { name: "postfix", offers: MODES },
  { name: "exim", offers: MODES },
  // It announces neither PIPELINING nor CHUNKING.
  { name: "opensmtpd", offers: ["one"] },
] as const)("$name", ({ name, offers }) => {
  const problem = whyNoServer(name);
  const why = problem === undefined ? "" : ` (${problem})`;

  test.skipIf(problem !== undefined).each(offers)(
    `delivers each of ${MESSAGES} messages once and unchanged, sent by "%s"${why}`,
    { timeout: 240_000 },
    async (pipelining) => {
      await using server = await startMailServer(name, tempFolder());
      const pool = createSmtpPool({ host: "127.0.0.1", port: server.port, security: "none", pipelining });
      const sent = Array.from({ length: MESSAGES }, (_, index) => messageOf(index));
      await Promise.all(
        sent.map((bytes, index) =>
          pool.send({ from: "sender@example.org", to: [`user${index % 7}@example.test`] }, bytes),
        ),
      );
      await pool.close();
      const expected = sent.map(String);
      const delivered = await deliveredBy(server, MESSAGES);
      expect({
        messages: delivered.length,
        lost: without(expected, delivered),
        other: without(delivered, expected),
      }).toEqual({ messages: MESSAGES, lost: [], other: [] });
    },
  );
});

/** The first few of `some` that are not among `others`. */
function without(some: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return some.filter((text) => !known.has(text)).slice(0, 3);
}

/** A message with what tempts a server to change it: dots at line starts, long lines, blanks at a line's end. */
function messageOf(index: number): Buffer {
  const lines = [
    `X-Sent: ${index}`,
    "From: sender@example.org",
    "To: user@example.test",
    "Date: Thu, 01 Jan 2026 08:00:00 +0000",
    `Message-ID: <${index}@example.org>`,
    `Subject: message ${index}`,
    "",
    ".",
    "..",
    `.${"x".repeat(900)}`,
    "From here on ",
    ...Array.from({ length: index % 30 }, (_, line) => `${".".repeat(line % 3)}line ${line}`),
    "",
  ];
  return Buffer.from(lines.join("\r\n"));
}

/** Waits until as many messages are delivered, and returns each from our first header on, with the line ends it was sent with. */
async function deliveredBy(server: MailServer, count: number): Promise<string[]> {
  for (let waited = 0; waited < 120_000; waited += 250) {
    if ((await server.count()) >= count) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const mails = await server.delivered();
  return mails.map((mail) => {
    const text = mail.toString("latin1");
    return text.slice(text.indexOf("X-Sent:")).replaceAll("\n", "\r\n");
  });
}
