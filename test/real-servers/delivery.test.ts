/** Two thousand messages into each real server by each way it offers: none lost, none doubled, every byte as sent. */
import { describe, expect, test } from "vitest";
import { createSmtpPool } from "../../src/smtp/index.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startMailServer, whyNoServer } from "./mail-server.ts";
import { deliveredBy, messageOf, without } from "./numbered-messages.ts";

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
