/** A bounce comes to our own SMTP port, addressed to the signed address of its message. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { bounceMailbox, createBounceAddresses, createBounces, createSuppressions } from "../../src/outbox/index.ts";
import { insertSent } from "../support/sent-message.ts";
import { startSubmission, talk } from "../support/submission-server.ts";
import { testDatabase } from "../support/test-database.ts";

test("a server without a log-in brings a bounce; one that was not signed is refused", async () => {
  const database = await testDatabase();
  const { id } = await insertSent(database);
  const suppression = createSuppressions({ database });
  const addresses = createBounceAddresses({ secret: "a secret of some length", domain: "bounces.example" });
  const bounces = createBounces({ database, addresses, suppression });
  const { port } = await startSubmission({ database, bounces: bounceMailbox(bounces) });
  const client = await talk(port);
  await client.reply();
  await client.say("EHLO mx.example");
  await client.say("MAIL FROM:<>");
  expect(await client.say("RCPT TO:<bforged@bounces.example>")).toMatch(/^550 /);
  expect(await client.say(`RCPT TO:<${addresses.write(id)}>`)).toMatch(/^250 /);
  await client.say("DATA");
  const mail = await readFile("test/vectors/bounces/gmail-failed.eml", "utf8");
  client.write(mail.replaceAll("\n", "\r\n"));
  expect(await client.say("\r\n.")).toMatch(/^250 /);
  expect(await bounces.list({ messageId: id })).toMatchObject([{ kind: "hard-bounce", source: "smtp" }]);
  expect(await suppression.get("ann@example.com")).toMatchObject([{ reason: "bounce", messageId: id }]);
});
