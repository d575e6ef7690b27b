/** The submission server: takes mail by SMTP from programs that have a key, and hands it to the outbox. */
import type { AddressInfo } from "node:net";
import type { SMTPServer, SMTPServerOptions } from "smtp-server";
import { describeError } from "../../base/index.ts";
import { createClients, isLoopback } from "./clients.ts";
import { createRoom, type Room } from "./collect.ts";
import { createDailyCount } from "./daily-count.ts";
import { SubmissionError } from "./errors.ts";
import { connect, type House, logIn, mailFrom, rcptTo, secure } from "./handlers.ts";
import { type ResolvedOptions, resolveOptions, type ServerCertificate, type SubmissionOptions } from "./options.ts";
import { PromptServer } from "./prompt-server.ts";
import { createRates } from "./rates.ts";
import { ReplyError, replyFor } from "./replies.ts";
import { takeMessage } from "./take-message.ts";
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
      clients: createClients(counter(options.blockSeconds), options, clock),
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
        ...handlersOf(house, room, () => closing !== undefined),
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

const SHUTTING_DOWN = new ReplyError(421, "4.3.2 The server is shutting down. Try again in a minute.");

function protocolOptions(options: ResolvedOptions, isTls: boolean): SMTPServerOptions {
  const { tls } = options;
  return {
    ...(tls !== undefined && { key: tls.key, cert: tls.cert, minVersion: "TLSv1.2" }),
    secure: isTls,
    name: options.name,
    size: options.maxMessageBytes,
    maxRecipients: options.maxRecipients,
    maxClients: options.maxConnections,
    socketTimeout: options.idleTimeoutMs,
    closeTimeout: options.closeTimeoutMs,
    authMethods: ["PLAIN", "LOGIN"],
    // Where it is not safe, each session has AUTH disabled: it is not even offered there.
    allowInsecureAuth: true,
    authOptional: options.bounces !== undefined,
    authRequiredMessage: "5.7.0 Authentication required: log in with an API key as the password",
    maxAllowedUnauthenticatedCommands: options.maxUnauthenticatedCommands,
    disabledCommands: tls === undefined ? ["STARTTLS"] : [],
    disableReverseLookup: true,
    hideDSN: false,
    hideREQUIRETLS: false,
    logger: false,
  };
}

function handlersOf(house: House, room: Room, isClosing: () => boolean): SMTPServerOptions {
  const { logger } = house.options;
  const { visits, clients } = house;
  /** Every answer comes by here: a refusal is told to the client, a fault to the log. */
  const refused = (error: unknown): ReplyError => {
    const reply = replyFor(error);
    const fields = { reply: `${reply.responseCode} ${reply.message}` };
    if (reply === error || reply.responseCode >= 500) logger.log("info", "submission.refused", fields);
    else logger.log("error", "submission.failed", { ...fields, error: describeError(error) });
    return reply;
  };
  return {
    onConnect: (session, answer) =>
      void connect(house, session).then(
        () => answer(),
        (error) => answer(refused(error)),
      ),
    onSecure: (_socket, session, answer) => {
      secure(house, session);
      answer();
    },
    onAuth: (auth, session, answer) =>
      void logIn(house, auth, session).then(
        (user) => answer(null, { user }),
        (error) => answer(refused(error)),
      ),
    onMailFrom: (address, session, answer) =>
      void mailFrom(house, address, session).then(
        () => answer(),
        (error) => answer(refused(error)),
      ),
    onRcptTo: (address, session, answer) =>
      void rcptTo(house, address, session).then(
        () => answer(),
        (error) => answer(refused(error)),
      ),
    onData: (stream, session, answer) =>
      void takeMessage(house, room, stream, session)
        .then(
          (text) => answer(null, text),
          (error) => answer(refused(error)),
        )
        .then(() => isClosing() && setImmediate(() => visits.hangUp(session, SHUTTING_DOWN))),
    onClose: (session) => {
      clients.disconnect(session.remoteAddress, session.id);
      visits.end(session);
    },
  };
}

function refuseInsecure({ tls, allowPlaintextAuth }: ResolvedOptions, host: string, tlsPort: number | undefined): void {
  if (tlsPort !== undefined && tls === undefined) {
    throw new SubmissionError("WX_SUBMISSION_INSECURE", "tlsPort needs a certificate: give tls: { key, cert }.");
  }
  if (tls !== undefined || allowPlaintextAuth || isLoopback(host) || host === "localhost") return;
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
