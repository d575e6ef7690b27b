/** An SMTP server that takes any mail and keeps it, for development and tests: nothing that arrives here goes any further. */
import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { type Clock, describeError, type Logger, silentLogger, systemClock } from "../base/index.ts";
import { InboxError } from "./errors.ts";
import { readListFields, readMail } from "./parse.ts";
import { type InboxStore, memoryStore } from "./store.ts";
import type { InboxReader, InboxSummary } from "./types.ts";

/** Where an inbox listens, and where it keeps what it catches. */
export interface InboxOptions {
  /** The address to listen on. Default 127.0.0.1: it takes mail from anybody who can reach it. */
  host?: string;
  /** 0 for any free port. */
  port: number;
  /** Default: in memory. */
  store?: InboxStore;
  /** The largest mail taken, in octets; announced by SIZE (RFC 1870). Default 25 MiB. */
  maxBytes?: number;
  clock?: Clock;
  logger?: Logger;
}

/** An open inbox. */
export interface Inbox extends InboxReader, AsyncDisposable {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** How long `close` waits for clients to say goodbye, in milliseconds. */
const CLOSE_TIMEOUT_MS = 500;

/**
 * Opens the port and catches what comes.
 *
 * @throws InboxError `WX_INBOX_LISTEN`
 * @example
 * await using inbox = await listenInbox({ port: 0 });
 * inbox.subscribe((mail) => console.log(mail.subject));
 */
export async function listenInbox(options: InboxOptions): Promise<Inbox> {
  const { host = "127.0.0.1", store = memoryStore(), clock = systemClock, logger = silentLogger } = options;
  const maxBytes = options.maxBytes ?? 25 * 1024 * 1024;
  const listeners = new Set<(mail: InboxSummary) => void>();

  async function keep(raw: Buffer, session: SMTPServerSession): Promise<void> {
    const { mailFrom, rcptTo } = session.envelope;
    const summary: InboxSummary = {
      id: randomUUID(),
      receivedAt: clock.now(),
      envelopeFrom: mailFrom === false ? "" : mailFrom.address,
      envelopeTo: rcptTo.map((recipient) => recipient.address),
      ...(await readListFields(raw)),
      size: raw.byteLength,
    };
    await store.add({ ...summary, raw });
    logger.log("info", "inbox.caught", { id: summary.id, size: summary.size });
    for (const listener of listeners) listener(summary);
  }

  const server = new SMTPServer({
    size: maxBytes,
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    logger: false,
    closeTimeout: CLOSE_TIMEOUT_MS,
    onData: (stream, session, answer) => {
      // Guarantee: the 250 leaves after the mail is stored, never before.
      void collect(stream)
        .then((raw) => keep(raw, session))
        .then(
          () => answer(null),
          (error: unknown) => {
            logger.log("error", "inbox.refused", { error: describeError(error) });
            answer(error instanceof Error ? error : new Error(String(error)));
          },
        );
    },
  });
  server.on("error", (error) => logger.log("debug", "inbox.connection-error", { error: describeError(error) }));
  const port = await listen(server, host, options.port);

  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return {
    host,
    port,
    list: ({ limit = 100 } = {}) => store.list(limit),
    get: async (id) => {
      const stored = await store.get(id);
      return stored && readMail(stored);
    },
    clear: () => store.clear(),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function collect(stream: SMTPServerDataStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    // What is over the announced size is read to its end, so that the refusal can be answered, but not kept.
    if (!stream.sizeExceeded) chunks.push(chunk as Buffer);
  }
  if (stream.sizeExceeded) {
    throw Object.assign(new Error("5.3.4 The message is larger than this inbox takes"), { responseCode: 552 });
  }
  return Buffer.concat(chunks);
}

function listen(server: SMTPServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(
        new InboxError("WX_INBOX_LISTEN", `The inbox cannot listen on ${host}:${port}: ${cause.message}.`, { cause }),
      );
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      resolve((server.server.address() as AddressInfo).port);
    });
  });
}
