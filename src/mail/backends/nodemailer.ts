/** Sends through any nodemailer transport: the envelope and the bytes go as they are. */
import type { Backend, BackendCallOptions, Envelope, Receipt } from "../backend.ts";
import { refuseAborted } from "./aborted.ts";
import { nodemailerError, refusalsOf } from "./nodemailer-error.ts";
import { badOption } from "./options.ts";
import { requireAccepted } from "./require-accepted.ts";

/** The part of nodemailer's Transporter that is used; nodemailer itself is not needed here. */
export interface NodemailerTransporter {
  sendMail(mail: NodemailerMessage): Promise<unknown>;
  verify?(): unknown;
  close?(): unknown;
}

/** What it is given: a finished message. */
export interface NodemailerMessage {
  envelope: { from: string; to: string[] };
  raw: Buffer;
  signal?: AbortSignal;
  dsn?: { id?: string; return?: "headers" | "full"; notify?: string | string[] };
  requireTLSExtensionEnabled?: boolean;
}

/** What most transports answer; all of it may be missing. */
interface SentInfo {
  accepted?: unknown;
  rejected?: unknown;
  response?: unknown;
}

/**
 * A backend that sends through what `nodemailer.createTransport` made.
 *
 * Nodemailer does not say how far a message had gone when its connection broke. What it reports of such a break, other
 * than while connecting, is an outcome that is unknown, also where the message had not yet begun.
 *
 * @throws MailerError WX_MAILER_OPTION
 *
 * @example
 * nodemailerBackend(nodemailer.createTransport({ host: "smtp.example.com", pool: true }))
 */
export function nodemailerBackend(transporter: NodemailerTransporter): Backend {
  if (typeof (transporter as Partial<NodemailerTransporter> | null)?.sendMail !== "function") {
    throw badOption("nodemailer", "transporter", "must be what nodemailer.createTransport(...) returns.");
  }
  const close = async (): Promise<void> => {
    await transporter.close?.();
  };
  return {
    send: async (envelope, bytes, options = {}) => {
      refuseAborted(options, SERVER);
      const answer = await attempt(() => transporter.sendMail(message(envelope, bytes, options)));
      return requireAccepted(receipt(envelope, answer), "rcpt");
    },
    verify: async () => {
      await attempt(() => transporter.verify?.());
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Which server it was, only the transport knows. */
const SERVER = "nodemailer";

async function attempt(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    throw nodemailerError(SERVER, error);
  }
}

function message(envelope: Envelope, bytes: Uint8Array, { signal }: BackendCallOptions): NodemailerMessage {
  const { from, to, dsn, requireTls } = envelope;
  return {
    envelope: { from, to: [...to] },
    raw: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    ...(signal !== undefined && { signal }),
    ...(dsn !== undefined && { dsn: dsnOf(dsn) }),
    ...(requireTls === true && { requireTLSExtensionEnabled: true }),
  };
}

function dsnOf({ id, return: back, notify }: NonNullable<Envelope["dsn"]>): NonNullable<NodemailerMessage["dsn"]> {
  return {
    ...(id !== undefined && { id }),
    ...(back !== undefined && { return: back }),
    ...(notify !== undefined && { notify: typeof notify === "string" ? notify : [...notify] }),
  };
}

function receipt(envelope: Envelope, answer: unknown): Receipt {
  const info: SentInfo = typeof answer === "object" && answer !== null ? answer : {};
  const rejected = refusalsOf(info);
  // A transport that names nobody (sendmail, SES) took the message for all.
  const isTaken = (address: string): boolean => !rejected.some((refusal) => refusal.address === address);
  const response = typeof info.response === "string" ? info.response : "";
  return { server: SERVER, accepted: envelope.to.filter(isTaken), rejected, response };
}
