/** What the queue asks of the suppression list: who is on it, and who comes onto it. */
import type { Queryable } from "../../db/index.ts";
import type { SuppressionGate } from "../seams.ts";
import { addressKeyOf } from "./address-key.ts";
import type { ListContext } from "./context.ts";
import { entryOf, rowOf } from "./rows.ts";
import { expiryOf, heaviest, reasonOf } from "./rules.ts";
import { selectLive } from "./store.ts";
import type { Suppression } from "./types.ts";

/** More addresses than these are asked for in several statements. */
const MOST_KEYS = 500;

export function createGate({ emptiness, days, logger, write }: ListContext): SuppressionGate {
  return {
    find: async (tx, recipients, now) => {
      const found = new Map<string, string>();
      if (recipients.length === 0 || (await emptiness.holds(tx, now))) return found;
      const keys = recipients.map(({ address }) => addressKeyOf(address));
      const entries = await liveEntries(tx, [...new Set(keys)], now);
      if (entries.size === 0) return found;
      recipients.forEach(({ address, stream }, index) => {
        const entry = heaviest(entries.get(keys[index] ?? "") ?? [], stream);
        if (entry !== undefined) found.set(address, wordsOf(entry));
      });
      return found;
    },

    suppress: async (tx, { address, reason, detail, messageId }, now) => {
      // Guarantee: no address and no reason makes this throw: it runs in the step that writes an attempt down.
      const known = reasonOf(reason) ?? "bounce";
      const expiresAt = expiryOf(known, now, days);
      const entry = { address, stream: "", reason: known, detail, messageId, createdAt: now, expiresAt };
      await write(tx, [rowOf(addressKeyOf(address), entry)], "later");
      logger.log("info", "outbox.suppressed", { address, stream: "", reason: known, detail });
    },
  };
}

/** What holds now, by the key of the address. */
async function liveEntries(db: Queryable, keys: readonly string[], now: number): Promise<Map<string, Suppression[]>> {
  const found = new Map<string, Suppression[]>();
  for (let start = 0; start < keys.length; start += MOST_KEYS) {
    for (const row of await selectLive(db, keys.slice(start, start + MOST_KEYS), now)) {
      found.set(row.address_key, [...(found.get(row.address_key) ?? []), entryOf(row)]);
    }
  }
  return found;
}

/** What is shown of a recipient that was left out. */
function wordsOf({ reason, detail }: Suppression): string {
  return detail === "" ? reason : `${reason}: ${detail}`;
}
