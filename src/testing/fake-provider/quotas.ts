/** How much each account has sent and logged in, counted over all connections of a fake provider. */
import type { Clock } from "../../base/index.ts";
import type { FakeProfile } from "./profile.ts";

const QUARTER_HOUR_MS = 15 * 60_000;
const DAY_MS = 24 * 3_600_000;

/** When things happened, by account. */
class Log {
  readonly #times = new Map<string, number[]>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(account: string, count = 1): void {
    const now = this.#clock.now();
    this.#times.set(account, [...this.#kept(account), ...Array.from({ length: count }, () => now)]);
  }

  within(account: string, ms: number): number {
    const since = this.#clock.now() - ms;
    return this.#kept(account).filter((time) => time > since).length;
  }

  #kept(account: string): number[] {
    const since = this.#clock.now() - DAY_MS;
    return (this.#times.get(account) ?? []).filter((time) => time > since);
  }
}

export class Quotas {
  readonly #profile: FakeProfile;
  readonly #messages: Log;
  readonly #recipients: Log;
  readonly #logIns: Log;

  constructor(profile: FakeProfile, clock: Clock) {
    this.#profile = profile;
    this.#messages = new Log(clock);
    this.#recipients = new Log(clock);
    this.#logIns = new Log(clock);
  }

  /** The refusal of a log-in; undefined where it may be tried. Each try counts, so a lock lasts as long as they go on. */
  logIn(user: string): string | undefined {
    const { limits, replies } = this.#profile;
    this.#logIns.add(user);
    const tries = this.#logIns.within(user, QUARTER_HOUR_MS);
    return isOver(tries, limits.logInsPerQuarterHour) ? replies.tooManyLogIns : undefined;
  }

  /** The refusal of one more message; undefined where it may be sent. */
  message(account: string, onThisConnection: number): string | undefined {
    const { limits, replies } = this.#profile;
    const next = (ms: number): number => this.#messages.within(account, ms) + 1;
    if (isOver(onThisConnection + 1, limits.messagesPerConnection)) return replies.messagesPerConnection;
    if (isOver(next(QUARTER_HOUR_MS), limits.messagesPerQuarterHour)) return replies.messagesPerQuarterHour;
    return isOver(next(DAY_MS), limits.messagesPerDay) ? replies.messagesPerDay : undefined;
  }

  /** The refusal of one more recipient of a message that has `already`; undefined where it may get it. */
  recipient(account: string, already: number): string | undefined {
    const { limits, replies } = this.#profile;
    if (isOver(already + 1, limits.recipientsPerMessage)) return replies.recipientsPerMessage;
    const today = this.#recipients.within(account, DAY_MS) + already + 1;
    return isOver(today, limits.recipientsPerDay) ? replies.recipientsPerDay : undefined;
  }

  /** A message was taken. */
  count(account: string, recipients: number): void {
    this.#messages.add(account);
    this.#recipients.add(account, recipients);
  }
}

function isOver(count: number, limit: number | undefined): boolean {
  return limit !== undefined && count > limit;
}
