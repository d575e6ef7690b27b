/** A process that records events and makes the calls, until it is killed: `DATABASE_URL ENDPOINT SECRET FIRST_NUMBER`. */
import { openDatabase } from "../../src/db/index.ts";
import { createWebhooks } from "../../src/outbox/observe/webhooks/webhooks.ts";
import { outboxEvent } from "./outbox-events.ts";

const [url = "", endpoint = "", secret = "", first = "0"] = process.argv.slice(2);
const database = await openDatabase(url);
const webhooks = createWebhooks({ database, endpoints: { crm: { url: endpoint, secret } }, pollMs: 5 });
webhooks.start();
for (let number = Number(first); ; number++) {
  const events = [outboxEvent({ id: `m${number}` })];
  await database.kysely.transaction().execute(async (tx) => webhooks.sink.record?.(tx, events));
  // Said only after the commit: whoever reads it may count on the call.
  process.stdout.write(`m${number}\n`);
  webhooks.sink.announce?.(events);
}
