/** What a `kill -9` leaves of the calls: none is lost, and one that is made again has the same id. */
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { bundleChild, startChild } from "../../../../test/support/bundled-child.ts";
import { freshPostgres, postgresMissing } from "../../../../test/support/postgres.ts";
import { tempFolder } from "../../../../test/support/temp-folder.ts";
import { until } from "../../../../test/support/until.ts";
import { webhookReceiver } from "../../../../test/support/webhook-receiver.ts";
import { systemClock } from "../../../base/index.ts";
import { migrate, openDatabase } from "../../../db/index.ts";
import { countWaiting } from "./store.ts";
import { verifyWebhook } from "./verify.ts";
import { createWebhooks } from "./webhooks.ts";

const secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const ROUNDS = 4;

describe.each([
  { dialect: "sqlite", isMissing: false, urlOf: async () => `sqlite:${join(tempFolder(), "kill.db")}` },
  { dialect: "postgres", isMissing: postgresMissing, urlOf: freshPostgres },
])("on $dialect", ({ isMissing, urlOf }) => {
  test.skipIf(isMissing)(
    "a process killed at random points loses no event that was committed",
    { timeout: 60_000 },
    async () => {
      const url = await urlOf();
      const database = await openDatabase(url);
      onTestFinished(() => database.close());
      await migrate(database);
      const script = await bundleChild("webhook-child.ts");
      const receiver = await webhookReceiver((response) => setTimeout(() => response.writeHead(204).end(), 5));
      const committed: string[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const child = startChild(script, [url, receiver.url, secret, String(round * 1_000_000)]);
        const enough = 10 + round * 17;
        await until(() => child.lines.length >= enough);
        await child.kill();
        committed.push(...child.lines);
      }
      const leases = await database.kysely.selectFrom("outbox_webhook_calls").select("lease_owner").execute();
      expect(leases.some(({ lease_owner }) => lease_owner !== null)).toBe(true); // the kills came in the middle of calls

      // An hour later the leases of the dead have run out.
      const clock = { ...systemClock, now: () => Date.now() + 3_600_000 };
      const webhooks = createWebhooks({ database, endpoints: { crm: { url: receiver.url, secret } }, clock });
      onTestFinished(() => webhooks.stop());
      webhooks.start();
      await until(async () => (await countWaiting(database.kysely, "crm", 1)) === 0);

      const idsOf = new Map<string, Set<string>>();
      for (const { headers, body } of receiver.calls) {
        const { data } = verifyWebhook(secret, headers, body, { toleranceSeconds: 4_000 });
        const ids = idsOf.get(data.id) ?? new Set();
        idsOf.set(data.id, ids.add(String(headers["webhook-id"])));
      }
      expect(committed.filter((id) => !idsOf.has(id))).toEqual([]);
      expect([...idsOf.values()].filter((ids) => ids.size !== 1)).toEqual([]);
    },
  );
});
