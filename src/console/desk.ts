/** What every page of the console knows: its options, completed, and the token of its forms. */
import { randomBytes } from "node:crypto";
import { type Clock, type Logger, silentLogger, systemClock } from "../base/index.ts";
import type { InboxReader } from "../inbox/index.ts";
import type { OutboxReader } from "../outbox/index.ts";

/** What the console shows, and under which names. */
export interface ConsoleOptions {
  inbox: InboxReader;
  outbox: OutboxReader;
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
  outbox: OutboxReader;
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
    clock: options.clock ?? systemClock,
    allowedHosts: options.allowedHosts,
    smtpAddress: options.smtpAddress,
    logger: options.logger ?? silentLogger,
    formToken: randomBytes(32).toString("base64url"),
  };
}
