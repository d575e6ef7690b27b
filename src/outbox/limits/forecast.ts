/** When a message will leave, and why it waits: an estimate from its place in its lane and what the limits leave. */
import type { Queryable } from "../../db/index.ts";
import type { WaitReason } from "../seams.ts";
import type { LimitsContext } from "./context.ts";
import { departureOf, standingOfSubjects } from "./departures.ts";
import { type BilingualText, forecastText } from "./forecast-text.ts";
import { MAX_COUNTED } from "./lanes.ts";
import { addressesOf, countAhead } from "./store.ts";

/** What is to be expected of a message. */
export interface Forecast {
  id: string;
  /** `waiting`, `under-way` while a worker has it, `never` when nothing more will be tried by itself. */
  kind: "waiting" | "under-way" | "never";
  /** Messages of its mailer that go before it. */
  ahead: number;
  /** There are more before it than were counted. */
  isAtLeast: boolean;
  /** When it will leave, in milliseconds since 1970: not before this, and about then if nothing else comes between; of `waiting`. */
  leavesAt?: number | undefined;
  /** It will not leave in time, and fail. */
  isTooLate: boolean;
  /** What holds it up; undefined where only those before it do. */
  reason?: WaitReason | undefined;
  /** All of it for a person. */
  text: BilingualText;
}

export async function forecast(context: LimitsContext, db: Queryable, id: string): Promise<Forecast | undefined> {
  const message = await db
    .selectFrom("outbox_messages")
    .select(["id", "mailer", "tenant", "priority", "due_at", "lease_owner", "wait", "attempts", "expires_at"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (message === undefined) return undefined;
  const now = context.clock.now();
  const { due_at: dueAt, mailer, tenant, priority } = message;
  if (dueAt === null) return simple(id, "never");
  if (message.lease_owner !== null && dueAt > now) return simple(id, "under-way");

  const subject = { mailer, tenant, addresses: (await addressesOf(db, [id])).get(id) ?? [] };
  const ahead = await countAhead(db, { mailer, priority, dueAt, now }, MAX_COUNTED);
  const standing = await standingOfSubjects(context, db, [subject], now);
  const { at, reason } = departureOf(context, standing, { subject, message, ahead });
  const isTooLate = at > message.expires_at;
  const isAtLeast = ahead >= MAX_COUNTED;
  const text = forecastText({ kind: "waiting", ahead, isAtLeast, leavesAt: at, isTooLate, reason, now });
  return { id, kind: "waiting", ahead, isAtLeast, leavesAt: at, isTooLate, reason, text };
}

function simple(id: string, kind: "never" | "under-way"): Forecast {
  const rest = { ahead: 0, isAtLeast: false, isTooLate: false };
  return { id, kind, ...rest, text: forecastText({ kind, ...rest, now: 0 }) };
}
