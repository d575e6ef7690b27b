/** How much mail could go now, for those who ask whether it is late. */
import type { Queryable } from "../../db/index.ts";
import type { Room } from "../seams.ts";
import { routed, type Standing, standingOfMailers } from "./allow.ts";
import type { LimitsContext } from "./context.ts";
import { isFault, phaseOf } from "./pause.ts";
import { pauseReason } from "./reasons.ts";
import { listPauses, type PauseRow } from "./store.ts";

/**
 * How many messages of each mailer could go now, read afresh: for those who ask whether mail is late. While one message
 * tries whether all is well again, nothing else could.
 */
export async function room(
  context: LimitsContext,
  db: Queryable,
  { mailers, wanted, now }: { mailers: readonly string[]; wanted: number; now: number },
): Promise<readonly Room[]> {
  const pauses = new Map((await listPauses(db)).map((row) => [row.key, row]));
  const standing = await standingOfMailers(context, db, { mailers, pauses, now });
  return mailers.map((mailer) => {
    const { via, critical, others, reason } = routed(context, standing, mailer, wanted);
    const rests = restsOf(context, standing, via ?? mailer);
    const isFree = rests.length === 0;
    return {
      mailer,
      critical: isFree ? critical : 0,
      others: isFree ? others : 0,
      reason: isFree ? (others > 0 ? undefined : reason) : rests.map(pauseReason).at(0),
      isFault: rests.some((row) => isFault(row.reason)),
    };
  });
}

/** The pauses that hold all of a mailer's messages up. */
function restsOf({ book }: LimitsContext, { pauses, now }: Standing, mailer: string): PauseRow[] {
  return [...new Set([`mailer:${mailer}`, book.accountKey(mailer)])].flatMap((key) => {
    const row = pauses.get(key);
    return row === undefined || phaseOf(row, now) === "open" ? [] : [row];
  });
}
