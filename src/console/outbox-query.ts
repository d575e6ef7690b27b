/** Which messages a list shows, as the address of the page says it. */
import type { DeliveryState, ListOptions, OutboxSummary } from "../outbox/index.ts";
import type { ConsoleOutbox } from "./desk.ts";

/** Every state that a list can be asked for. */
export const listedStates: readonly DeliveryState[] = [
  "queued",
  "sending",
  "deferred",
  "sent",
  "failed",
  "unknown",
  "held",
  "cancelled",
  "suppressed",
];

/** What is asked for; a field that is empty is left out. */
export interface OutboxQuery {
  state?: DeliveryState;
  mailer?: string;
  group?: string;
  /** An address. */
  to?: string;
  /** The id of the last message of the page before. */
  before?: string;
}

export function outboxQueryOf(given: (name: string) => string | undefined): OutboxQuery {
  const state = listedStates.find((known) => known === given("state"));
  const text = (name: string): string => (given(name) ?? "").trim().slice(0, 320);
  const [mailer, group, to, before] = [text("mailer"), text("group"), text("to"), text("before")];
  return {
    ...(state !== undefined && { state }),
    ...(mailer !== "" && { mailer }),
    ...(group !== "" && { group }),
    ...(to !== "" && { to }),
    ...(before !== "" && { before }),
  };
}

/** The part of an address behind its question mark. */
export function queryText(query: OutboxQuery): string {
  return new URLSearchParams({ ...query }).toString();
}

export interface OutboxPage {
  messages: OutboxSummary[];
  /** Asks for the page that follows; undefined on the last. */
  older: OutboxQuery | undefined;
}

/** One page of the list. */
export async function listPage(outbox: ConsoleOutbox, query: OutboxQuery, limit: number): Promise<OutboxPage> {
  const { to, ...rest } = query;
  const options: ListOptions = { ...rest, ...(to !== undefined && { recipient: to }) };
  const found = await outbox.list({ ...options, limit: limit + 1 });
  const messages = found.slice(0, limit);
  const last = messages.at(-1);
  return { messages, older: found.length > limit && last !== undefined ? { ...query, before: last.id } : undefined };
}
