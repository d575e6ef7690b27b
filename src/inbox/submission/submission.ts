/** The submission server: takes mail by SMTP from programs that have a key, and hands it to the outbox. */
import type { AddressInfo } from "node:net";
import type { SMTPServer } from "smtp-server";
import { describeError } from "../../base/index.ts";
import { createClients, isLoopback } from "./clients.ts";
import { createRoom } from "./collect.ts";
import { createDailyCount } from "./daily-count.ts";
import { SubmissionError } from "./errors.ts";
import type { House } from "./handlers.ts";
import { type ResolvedOptions, resolveOptions, type ServerCertificate, type SubmissionOptions } from "./options.ts";
import { PromptServer } from "./prompt-server.ts";
import { protocolHandlers, protocolOptions, SHUTTING_DOWN } from "./protocol.ts";
import { createRates } from "./rates.ts";
import { createVisits } from "./visits.ts";

/** Where a submission server listens. */
export interface SubmissionAddress {
  /** Default 127.0.0.1. */
  host?: string | undefined;
  /** The port that offers STARTTLS; 0 for any free one. */
  port: number;
  /** A second port, on which TLS begins at once (RFC 8314); 0 for any free one. Needs `tls`. */
  tlsPort?: number | undefined;
}

/** A submission server. */
export interface Submission extends AsyncDisposable {
  /**
   * Opens the port, or both.
   *
   * @throws SubmissionError `WX_SUBMISSION_LISTEN`; `WX_SUBMISSION_INSECURE` where keys would cross a network in the clear
   */
  listen(address: SubmissionAddress): Promise<{ host: string; port: number; tlsPort: number | undefined }>;
  /** From the next connection on, another certificate: for renewals, without a restart. */
  useCertificate(certificate: ServerCertificate): void;
  /** Takes no more, lets messages under way be stored, and closes. */
  close(): Promise<void>;
}

/**
 * A submission server (RFC 6409). What it takes is as safe as `deliver` makes it: the 250 is sent after that.
 *
 * Sessions do not wait for each other, so that messages which come together may share one commit.
 *
 * @throws SubmissionError `WX_SUBMISSION_OPTIONS`
 * @example
 * const submission = createSubmission({
 *   database,
 *   keys: createApiKeys({ database }),
 *   deliver: outboxDeliver({ mail, enqueue: outbox.enqueue }),
 * });
 * await submission.listen({ port: 587 });
 */
export function createSubmission(given: SubmissionOptions): Submission {
  const options = resolveOptions(given);
  const servers: SMTPServer[] = [];
  const visits = createVisits(servers);
  const { clock, logger, database } = options;
  const days = createDailyCount({ db: database.kysely, clock, logger });
  let closing: Promise<void> | undefined;

  async function furnish(): Promise<House> {
    // Loaded here, as only those who listen need it.
    const { RateLimiterMemory } = await import("rate-limiter-flexible");
    // It only counts; what is too much is decided where it is known.
    const counter = (duration: number) => new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration });
    return {
      options,
      visits,
      clients: createClients(counter(FAILURE_SECONDS), options, clock),
      rates: createRates(counter(60), days, clock),
      reports: counter(60),
    };
  }

  async function listen({ host = "127.0.0.1", port, tlsPort }: SubmissionAddress) {
    refuseInsecure(options, host, tlsPort);
    const house = await furnish();
    const room = createRoom(options.maxBytesUnderWay);
    const open = async (at: number, isTls: boolean): Promise<number> => {
      const server = new PromptServer({
        ...protocolOptions(options, isTls),
        ...protocolHandlers(house, { room, isClosing: () => closing !== undefined }),
      });
      server.on("error", (error) =>
        logger.log("debug", "submission.connection-error", { error: describeError(error) }),
      );
      const opened = await listenOn(server, host, at);
      servers.push(server);
      return opened;
    };
    try {
      const opened = await open(port, false);
      return { host, port: opened, tlsPort: tlsPort === undefined ? undefined : await open(tlsPort, true) };
    } catch (error) {
      await closeAll();
      throw error;
    }
  }

  async function closeAll(): Promise<void> {
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(resolve)));
    visits.hangUpIdle(SHUTTING_DOWN);
    await Promise.all(closed);
    await days.flush();
  }

  const close = (): Promise<void> => (closing ??= closeAll());
  return {
    listen,
    useCertificate: ({ key, cert }) => {
      for (const server of servers) server.updateSecureContext({ key, cert });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** For how long a wrong key is remembered, in seconds. */
const FAILURE_SECONDS = 900;

/** Where only reports can come in, no key crosses the network: AUTH is not offered there. */
function refuseInsecure(options: ResolvedOptions, host: string, tlsPort: number | undefined): void {
  const { tls, allowPlaintextAuth, bounces } = options;
  if (tlsPort !== undefined && tls === undefined) {
    throw new SubmissionError("WX_SUBMISSION_INSECURE", "tlsPort needs a certificate: give tls: { key, cert }.");
  }
  if (tls !== undefined || allowPlaintextAuth || bounces !== undefined) return;
  if (isLoopback(host) || host === "localhost") return;
  throw new SubmissionError(
    "WX_SUBMISSION_INSECURE",
    `On ${host} API keys would cross the network in the clear. Give tls: { key, cert }, listen on 127.0.0.1, or set allowPlaintextAuth where nobody else is on that network.`,
  );
}

function listenOn(server: SMTPServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(
        new SubmissionError(
          "WX_SUBMISSION_LISTEN",
          `The submission server cannot listen on ${host}:${port}: ${cause.message}.`,
          { cause },
        ),
      );
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      resolve((server.server.address() as AddressInfo).port);
    });
  });
}
