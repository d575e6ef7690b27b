/** Reads the reports that a real Postfix makes. */
import { expect, onTestFinished, test } from "vitest";
import { readReport, type Reading } from "../../src/outbox/bounces/read-report.ts";
import { createSmtpPool } from "../../src/smtp/index.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { type MailServer, startMailServer, whyNoServer } from "./mail-server.ts";

const problem = whyNoServer("postfix");
const why = problem === undefined ? "" : ` (${problem})`;
const LIMITS = { timeout: 60_000 };
const MESSAGE_ID = "<0190-real@example.test>";

/** The report that comes back to the sender. */
async function reportAfter(to: string, notify: readonly ("success" | "failure")[]): Promise<Reading> {
  const server = await startMailServer("postfix", tempFolder());
  onTestFinished(() => server.stop());
  const pool = createSmtpPool({ host: "127.0.0.1", port: server.port, security: "none" });
  onTestFinished(() => pool.close());
  const content = `From: app@example.test\r\nTo: ${to}\r\nSubject: Hello\r\nMessage-ID: ${MESSAGE_ID}\r\n\r\nHello.\r\n`;
  await pool.send({ from: "app@example.test", to: [to], dsn: { notify, return: "headers" } }, Buffer.from(content));
  return readReport(await until(() => reportIn(server)), { sentTo: ["app@example.test"] });
}

async function reportIn(server: MailServer): Promise<Buffer | undefined> {
  return (await server.delivered()).find((mail) => mail.includes("report-type=delivery-status"));
}

test.skipIf(problem !== undefined)(`a mailbox that is gone is a hard bounce${why}`, LIMITS, async () => {
  expect(await reportAfter("gone@example.test", ["failure"])).toMatchObject({
    is: "report",
    report: {
      format: "dsn",
      messageIds: [MESSAGE_ID],
      sentTo: expect.arrayContaining(["app@example.test"]) as string[],
      recipients: [
        { address: "gone@example.test", kind: "hard-bounce", status: "5.1.1", detail: "nobody has this name" },
      ],
    },
  });
});

test.skipIf(problem !== undefined)(`a success that was asked for is a delivery${why}`, LIMITS, async () => {
  expect(await reportAfter("bob+list@example.test", ["success", "failure"])).toMatchObject({
    is: "report",
    report: {
      messageIds: [MESSAGE_ID],
      recipients: [{ address: "bob+list@example.test", kind: "delivered", status: "2.0.0" }],
    },
  });
});
