/** Takes what comes back, from wherever it comes: reads it, writes it down, and tells those who want to know. */
import {
  type Clock,
  describeError,
  findUnknownOption,
  type Logger,
  silentLogger,
  systemClock,
} from "../../base/index.ts";
import type { Database } from "../../db/index.ts";
import { OutboxError } from "../errors.ts";
import { pageSize } from "../page-size.ts";
import type { EventSink, SuppressionGate } from "../seams.ts";
import { addressKeyOf } from "../suppression/address-key.ts";
import type { BounceAddresses } from "./bounce-addresses.ts";
import { readReport } from "./read-report.ts";
import { type Recorded, type RecordedRecipient, recordReport } from "./record-report.ts";
import type { Report, ReportKind } from "./report.ts";
import { type BounceRow, listLatest, listOfMessage } from "./store.ts";

/** What bounces are taken with. */
export interface BouncesOptions {
  database: Database;
  /** Makes and reads signed bounce addresses. */
  addresses?: BounceAddresses | undefined;
  /** A fixed bounce address, or several: mail to them is taken too, and matched by Message-ID. */
  mailboxes?: readonly string[] | undefined;
  /** Keeps addresses that bounced or complained from being written to. */
  suppression?: Pick<SuppressionGate, "suppress"> | undefined;
  /** Those who are told `bounced`, `complained` and `unsubscribed`. */
  sinks?: readonly EventSink[] | undefined;
  clock?: Clock | undefined;
  logger?: Logger | undefined;
}

/** What became of something that came back. */
export interface Taken {
  /** As of `Recorded`; `auto-reply` and `no-report` for mails that change nothing. */
  outcome: Recorded["outcome"] | "auto-reply" | "no-report";
  /** The recipients of whom something new was written down. */
  recipients: readonly RecordedRecipient[];
}

/** A report that was written down. */
export interface Bounce {
  /** The message's id in the outbox; undefined where the report is about none of ours. */
  messageId: string | undefined;
  address: string;
  kind: ReportKind;
  /** RFC 3463; empty where the report gave none. */
  status: string;
  detail: string;
  /** Where it came from, such as `imap:INBOX`. */
  source: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** What comes back of messages. */
export interface Bounces {
  /** Whether mail to this address is a bounce: one of the fixed addresses, or a signed one of ours. */
  accepts(address: string): boolean;
  /**
   * Takes a mail, whole as it came.
   *
   * @param options.source Where it came from, for people.
   * @param options.sentTo The envelope's recipients, where they are known.
   */
  take(raw: Uint8Array, options: { source: string; sentTo?: readonly string[] }): Promise<Taken>;
  /** Takes a report that was read already, such as a provider's. */
  record(report: Report, source: string): Promise<Taken>;
  /** What came back of one message, oldest first; without an id, the latest of all (100 unless `limit` says otherwise, 1000 at the most). */
  list(options?: { messageId?: string; limit?: number }): Promise<Bounce[]>;
}

/**
 * Bounces on a migrated database.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS` for an option that does not exist
 * @example
 * const bounces = createBounces({ database, mailboxes: ["bounces@example.com"] });
 * await bounces.take(await readFile("bounce.eml"), { source: "file" });
 */
export function createBounces(options: BouncesOptions): Bounces {
  const unknown = findUnknownOption(options, Object.keys(bouncesOptions));
  if (unknown !== undefined) {
    throw new OutboxError("WX_OUTBOX_OPTIONS", `createBounces has no option "${unknown.name}". ${unknown.hint}`);
  }
  const { database, addresses, suppression, sinks = [], clock = systemClock, logger = silentLogger } = options;
  const mailboxes = new Set((options.mailboxes ?? []).map(addressKeyOf));

  async function record(report: Report, source: string): Promise<Taken> {
    const context = { source, now: clock.now(), addresses, suppression, sinks };
    const recorded = await database.kysely.transaction().execute((tx) => recordReport(tx, report, context));
    for (const sink of sinks) announce(sink, recorded, logger);
    for (const { messageId, kind } of recorded.recipients) {
      logger.log(messageId === undefined ? "debug" : "info", "outbox.report", { id: messageId, kind, source });
    }
    return { outcome: recorded.outcome, recipients: recorded.recipients };
  }

  return {
    accepts: (address) => mailboxes.has(addressKeyOf(address)) || addresses?.read(address) !== undefined,
    take: async (raw, { source, sentTo = [] }) => {
      const reading = await readReport(raw, { sentTo });
      if (reading.is === "report") return record(reading.report, source);
      return { outcome: reading.is === "auto-reply" ? "auto-reply" : "no-report", recipients: [] };
    },
    record,
    list: async ({ messageId, limit } = {}) => {
      const { kysely } = database;
      if (messageId !== undefined) return (await listOfMessage(kysely, messageId)).map(shown);
      return (await listLatest(kysely, pageSize(limit))).map(shown);
    },
  };
}

const bouncesOptions = {
  database: true,
  addresses: true,
  mailboxes: true,
  suppression: true,
  sinks: true,
  clock: true,
  logger: true,
} satisfies Record<keyof BouncesOptions, true>;

function announce(sink: EventSink, { events }: Recorded, logger: Logger): void {
  if (events.length === 0) return;
  try {
    sink.announce?.(events);
  } catch (error) {
    logger.log("error", "outbox.announce-failed", { reason: describeError(error) });
  }
}

function shown({ message_id, address, kind, status, detail, source, at }: BounceRow): Bounce {
  return { messageId: message_id ?? undefined, address, kind: kind as ReportKind, status, detail, source, at };
}
