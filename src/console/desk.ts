/** What every page of the console knows: its options, completed, and the token of its forms. */
import { randomBytes } from "node:crypto";
import { type Clock, type Logger, silentLogger, systemClock } from "../base/index.ts";
import type { InboxReader } from "../inbox/index.ts";
import type { Outbox, OutboxMessage } from "../outbox/index.ts";

/** What the console asks of an outbox: to look, and to do what its buttons say. */
export type ConsoleOutbox = Pick<
  Outbox,
  "list" | "get" | "cancel" | "hold" | "release" | "redrive" | "resolve" | "health"
>;

/** The same in English and Chinese. */
export interface BilingualText {
  en: string;
  zh: string;
}

/** What is to be expected of a message. */
export interface Forecast {
  /** Milliseconds since 1970; undefined where nothing will be tried, or a worker has it. */
  leavesAt?: number | undefined;
  text: BilingualText;
}

/** The message as it is shown: with one time at which it leaves, the forecast's where there is one. */
export function foretold(message: OutboxMessage, forecast: Forecast | undefined): OutboxMessage {
  const { leavesAt } = forecast ?? {};
  return leavesAt === undefined ? message : { ...message, nextAttemptAt: leavesAt };
}

/** A scope of the limits, which may rest, or go slowly. */
export interface PausedScope {
  /** Such as `mailer:default`. */
  key: string;
  /** Milliseconds since 1970; undefined where it does not rest. */
  pausedUntil?: number | undefined;
  /** Why it rests, with the server's words, or an operator's. */
  text?: BilingualText | undefined;
  /** How fast it goes since it was refused for going faster; undefined where it was not. */
  pace?: { text: BilingualText } | undefined;
  /** How many messages go at once since it was refused for more; undefined where it was not. */
  learnedConcurrency?: { text: BilingualText } | undefined;
}

/** Those that must rest now, and those that go slower than they might. */
export function scopesToShow(
  scopes: readonly PausedScope[],
  now: number,
): { paused: PausedScope[]; slowed: PausedScope[] } {
  const rests = ({ pausedUntil }: PausedScope): boolean => pausedUntil !== undefined && pausedUntil > now;
  const isSlow = ({ pace, learnedConcurrency }: PausedScope): boolean =>
    pace !== undefined || learnedConcurrency !== undefined;
  return { paused: scopes.filter(rests), slowed: scopes.filter((scope) => isSlow(scope) && !rests(scope)) };
}

/** A report that came back about a message. */
export interface MessageReport {
  address: string;
  /** Such as "hard" or "complaint". */
  kind: string;
  /** RFC 3463; empty where there is none. */
  status: string;
  detail: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** What the limits and the bounces know beside the outbox. Each is optional, and left out of the pages where it is not given. */
export interface OutboxInsight {
  /** When a message will leave, and why it waits. */
  forecast?: ((id: string) => Promise<Forecast | undefined>) | undefined;
  /** The scopes of the limits; those that rest or were slowed are shown. */
  scopes?: (() => Promise<readonly PausedScope[]>) | undefined;
  /** The bounces and complaints about a message. */
  reports?: ((id: string) => Promise<readonly MessageReport[]>) | undefined;
}

/** What the console shows, and under which names. */
export interface ConsoleOptions {
  inbox: InboxReader;
  outbox: ConsoleOutbox;
  insight?: OutboxInsight;
  clock?: Clock;
  /**
   * The names this server is reached by, with or without a port, such as `localhost` or `mail.test:8025`.
   * A request for any other name is refused: a page elsewhere could point its own name at this machine (DNS rebinding).
   */
  allowedHosts: readonly string[];
  /** `host:port` where the inbox takes mail; the empty inbox tells how to send there. */
  smtpAddress?: string;
  logger?: Logger;
}

export interface Desk {
  inbox: InboxReader;
  outbox: ConsoleOutbox;
  insight: OutboxInsight;
  clock: Clock;
  allowedHosts: readonly string[];
  smtpAddress: string | undefined;
  logger: Logger;
  /** New at each start; only our own pages show it. */
  formToken: string;
}

export function deskOf(options: ConsoleOptions): Desk {
  return {
    inbox: options.inbox,
    outbox: options.outbox,
    insight: options.insight ?? {},
    clock: options.clock ?? systemClock,
    allowedHosts: options.allowedHosts,
    smtpAddress: options.smtpAddress,
    logger: options.logger ?? silentLogger,
    formToken: randomBytes(32).toString("base64url"),
  };
}
