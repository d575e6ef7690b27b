/** The libraries, each sending as its documentation says, over connections that are kept. */
import { SMTPClient } from "emailjs";
import { createTransport } from "nodemailer";
import { systemClock } from "../../src/base/index.ts";
import { compose } from "../../src/mail/index.ts";
import { createSmtpPool, type SmtpMessage, type SmtpOptions } from "../../src/smtp/index.ts";
import { FROM, type Mail, mailOf, recipient } from "./messages.ts";

/** Where to send, and how. */
export interface Target {
  readonly port: number;
  readonly connections: number;
  readonly bytes: number;
  /** For Waxseal: the fullest use of the wire. */
  readonly pipelining?: SmtpOptions["pipelining"];
  readonly maxInFlight?: number;
  readonly tls?: boolean;
}

/** Composes and sends so many messages. */
export interface Sender {
  run(times: number): Promise<void>;
  close(): Promise<void> | void;
}

const NEVER = 1_000_000_000;
/** How many messages each client is given at once, per connection: more than it can have on the way. */
const AHEAD = 64;

const context = { clock: systemClock, hostname: "example.com" };

function waxseal({ port, connections, bytes, pipelining, maxInFlight, tls }: Target): Sender {
  const mail = mailOf(bytes);
  const pool = createSmtpPool({
    host: "127.0.0.1",
    port,
    maxConnections: connections,
    maxMessagesPerConnection: NEVER,
    security: tls === true ? "tls" : "none",
    ...(tls === true ? { tls: { dangerouslyAcceptAnyCertificate: true } } : {}),
    pipelining,
    maxInFlight,
  });
  return {
    run: async (times) => {
      for await (const { error } of pool.sendMany(composed(mail, times), { concurrency: AHEAD * connections })) {
        if (error !== undefined) throw error;
      }
    },
    close: () => pool.close(),
  };
}

/** As many messages as asked for, each composed when it is taken. */
function* composed({ subject, text }: Mail, times: number): Generator<SmtpMessage> {
  for (let index = 0; index < times; index++) {
    yield compose({ from: FROM, to: [recipient(index)], subject, text }, context);
  }
}

function nodemailer({ port, connections, bytes }: Target): Sender {
  const mail = mailOf(bytes);
  const transport = createTransport({
    host: "127.0.0.1",
    port,
    pool: true,
    maxConnections: connections,
    maxMessages: Infinity,
    secure: false,
    ignoreTLS: true,
  });
  return {
    run: (times) =>
      keepAhead(times, connections, (index) => transport.sendMail({ from: FROM, to: recipient(index), ...mail })),
    close: () => transport.close(),
  };
}

function emailjs({ port, connections, bytes }: Target): Sender {
  const mail = mailOf(bytes);
  const clients = Array.from(
    { length: connections },
    () => new SMTPClient({ host: "127.0.0.1", port, ssl: false, tls: false }),
  );
  return {
    run: (times) =>
      keepAhead(times, connections, (index) =>
        clients[index % connections]?.sendAsync({ from: FROM, to: recipient(index), ...mail }),
      ),
    close: () => clients.forEach((client) => client.smtp.close(true)),
  };
}

/** Sends so many messages with a fixed number of them given to the library at once. */
async function keepAhead(times: number, connections: number, send: (index: number) => unknown): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < times) await send(next++);
  };
  await Promise.all(Array.from({ length: Math.min(times, AHEAD * connections) }, worker));
}

export const SENDERS: Readonly<Record<string, (target: Target) => Sender>> = { waxseal, nodemailer, emailjs };
