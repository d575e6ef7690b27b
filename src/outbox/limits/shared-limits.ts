/** The limits on whichever handle they are given: what a worker asks in its own transactions, and what a person does. */
import { type Clock, findUnknownOption, type Logger, silentLogger, systemClock } from "../../base/index.ts";
import type { Queryable } from "../../db/index.ts";
import { OutboxError } from "../errors.ts";
import type { Gate } from "../seams.ts";
import type { LimitAccount } from "./accounts.ts";
import { admit } from "./admit.ts";
import { allow } from "./allow.ts";
import type { LimitsContext } from "./context.ts";
import { departures } from "./departures.ts";
import { type Forecast, forecast } from "./forecast.ts";
import { learn } from "./learn.ts";
import { listScopes, pauseScope, resumeScope, type ScopeState } from "./operate.ts";
import { pauseNote } from "./note.ts";
import { createPutOff } from "./put-off.ts";
import { room } from "./room.ts";
import { checkRules, type LimitRule } from "./rules.ts";
import { rulebook } from "./scopes.ts";
import { deleteOldPauses, deleteOldWindows } from "./store.ts";
import { createTurnover } from "./turnover.ts";

/** What limits are made of. */
export interface SharedLimitsOptions {
  /** Default: none; what providers declare holds all the same, where `accountOf` tells it. */
  rules?: readonly LimitRule[] | undefined;
  /** The names of all mailers, against which `spillOver` is checked, and whose messages concurrency counts. */
  mailers?: readonly string[] | undefined;
  /** The account a mailer logs in as, so that mailers of one account share its quota; `accountOfSmtp` tells it of an SMTP mailer. */
  accountOf?: ((mailer: string) => LimitAccount | undefined) | undefined;
  /** The outbox' own, in milliseconds: how far ahead a lease may end. Default 60 s. */
  leaseMs?: number | undefined;
  clock?: Clock | undefined;
  logger?: Logger | undefined;
}

/** The limits, with the handle as the first argument of each call. */
export interface SharedLimits extends Required<Omit<Gate, "watch">> {
  forecast(db: Queryable, id: string): Promise<Forecast | undefined>;
  list(db: Queryable): Promise<ScopeState[]>;
  /** @param tx A transaction. */
  pause(tx: Queryable, key: string, until: number, detail?: string): Promise<void>;
  /** @param tx A transaction. */
  resume(tx: Queryable, key: string): Promise<boolean>;
  sweep(db: Queryable): Promise<void>;
}

const known = {
  rules: true,
  mailers: true,
  accountOf: true,
  leaseMs: true,
  clock: true,
  logger: true,
} satisfies Record<keyof SharedLimitsOptions, true>;

/** Failures are remembered for a day after the last of them, in milliseconds. */
const REMEMBERED_MS = 86_400_000;

/** @throws OutboxError `WX_OUTBOX_OPTIONS` for a rule that cannot be meant, naming its field */
export function sharedLimits(options: SharedLimitsOptions = {}): SharedLimits {
  const unknown = findUnknownOption(options, Object.keys(known));
  if (unknown !== undefined) {
    throw new OutboxError("WX_OUTBOX_OPTIONS", `createLimits has no option "${unknown.name}". ${unknown.hint}`);
  }
  const { rules = [], mailers = [], accountOf = () => undefined, leaseMs = 60_000 } = options;
  const { clock = systemClock, logger = silentLogger } = options;
  checkRules(rules, options.mailers);
  const note = pauseNote();
  const rulesCountPlaces = rules.some(({ concurrency }) => concurrency !== undefined);
  const context: LimitsContext = {
    book: rulebook(rules, accountOf),
    note,
    putOff: createPutOff(),
    turnover: createTurnover(),
    usedUpAt: new Map(),
    filledAt: new Map(),
    mailers: new Set(mailers),
    leaseMs,
    clock,
    logger,
  };
  return {
    countsPlaces: () => rulesCountPlaces || note.teachesPlaces(),
    allow: (tx, names, wanted, now) => allow(context, tx, { mailers: names, wanted, now }),
    admit: (tx, candidates, now) => admit(context, tx, candidates, now),
    learn: (tx, ended, result, now) => learn(context, tx, ended, { result, now }),
    departures: (db, waiting, now) => departures(context, db, waiting, now),
    room: (db, names, wanted, now) => room(context, db, { mailers: names, wanted, now }),
    forecast: (db, id) => forecast(context, db, id),
    list: (db) => listScopes(context, db),
    pause: (db, key, until, detail = "") => pauseScope(context, db, { key, until, detail }),
    resume: (db, key) => resumeScope(context, db, key),
    sweep: async (db) => {
      const now = clock.now();
      await deleteOldWindows(db, now);
      await deleteOldPauses(db, now - REMEMBERED_MS);
    },
  };
}
