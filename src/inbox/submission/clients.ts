/** Which clients are connected, and which of them have tried wrong keys. */
import { isIPv6 } from "node:net";
import type { RateLimiterMemory } from "rate-limiter-flexible";
import { backoffMs, type Clock } from "../../base/index.ts";
import { inWords, ReplyError } from "./replies.ts";

/** What clients are held to. */
export interface ClientLimits {
  /** How many connections a client may have at once. */
  maxConnectionsPerClient: number;
  /** How many wrong keys a client may try before it is hung up on at each. */
  maxFailedLogins: number;
}

/** The book of clients. */
export interface Clients {
  /** Notes a connection. @throws ReplyError 421 */
  connect(address: string, sessionId: string): void;
  disconnect(address: string, sessionId: string): void;
  /**
   * Notes a wrong key, and answers after a while that grows with each.
   *
   * The right key gets in all the same: it cannot be guessed, and another program at the same address that has a wrong
   * one must not lock it out.
   *
   * @throws ReplyError 421 once there were too many
   */
  fail(address: string): Promise<void>;
}

/** How long answers to wrong keys take: 0.25 s, 0.5 s, 1 s and so on, without chance, in milliseconds. */
const DELAY = { baseMs: 250, capMs: 5_000, jitter: 0 };

export function createClients(failures: RateLimiterMemory, limits: ClientLimits, clock: Clock): Clients {
  const sessions = new Map<string, Set<string>>();
  const { maxConnectionsPerClient, maxFailedLogins } = limits;

  return {
    connect: (address, sessionId) => {
      const client = clientOf(address);
      const own = sessions.get(client) ?? new Set();
      sessions.set(client, own.add(sessionId));
      if (own.size <= maxConnectionsPerClient) return;
      throw new ReplyError(
        421,
        `4.7.0 More than ${maxConnectionsPerClient} connections from ${address}. Close one first.`,
      );
    },
    disconnect: (address, sessionId) => {
      const client = clientOf(address);
      const own = sessions.get(client);
      own?.delete(sessionId);
      if (own?.size === 0) sessions.delete(client);
    },
    fail: async (address) => {
      const { consumedPoints, msBeforeNext } = await failures.consume(clientOf(address));
      await clock.sleep(backoffMs(consumedPoints, DELAY));
      if (consumedPoints < maxFailedLogins) return;
      throw new ReplyError(
        421,
        `4.7.0 Too many wrong keys from ${address}. Try again in ${inWords(msBeforeNext)}, with the right one.`,
      );
    },
  };
}

/** Who counts as one client: an IPv4 address, or an IPv6 network of 64 bits, of which one host has as many addresses as it likes. */
export function clientOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => "0");
  return `${[...first, ...zeros, ...last]
    .slice(0, 4)
    .map((part) => part.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}

/** True for an address that only this machine can have. */
export function isLoopback(address: string): boolean {
  return address === "::1" || /^(?:::ffff:)?127\./i.test(address);
}
