/** The way back: a transport for nodemailer's users that sends through a backend of ours. */
import { callbackify } from "node:util";
import type { Backend, Envelope, Receipt } from "../backend.ts";
import type { Mailers } from "../mailers.ts";
import { badOption, refuseUnknownOptions } from "./options.ts";
import { toRecipientError, toTransportError, type WaxsealTransportError } from "./waxseal-transport-error.ts";

/** Which mailer, where there are several. */
export interface WaxsealTransportOptions {
  /** The alias of the mailer. Default: `default`. */
  using?: string | undefined;
}

/** The part of nodemailer's compiled message that is used. */
export interface CompiledMail {
  message: {
    getEnvelope(): { from: string | false; to: string[] };
    messageId(): string;
    createReadStream(): AsyncIterable<unknown>;
  };
  data: { signal?: unknown; dsn?: unknown; requireTLSExtensionEnabled?: unknown };
}

/** What nodemailer's SMTP transports answer, too. */
export interface WaxsealSentInfo {
  envelope: { from: string; to: string[] };
  messageId: string;
  accepted: string[];
  rejected: string[];
  rejectedErrors?: WaxsealTransportError[];
  response: string;
}

type Answer<T> = (error: Error | null, value?: T) => void;

/** A transport plugin of nodemailer. */
export interface WaxsealTransport {
  name: string;
  version: string;
  supportsAbortSignal: true;
  send(mail: CompiledMail, callback: (error: Error | null, info: WaxsealSentInfo) => void): void;
  verify(callback?: Answer<true>): Promise<true>;
  close(callback?: Answer<void>): Promise<void>;
}

const known = { using: true } satisfies Record<keyof WaxsealTransportOptions, true>;

/**
 * A transport to pass to `nodemailer.createTransport`, which then composes messages as always and sends them through
 * Waxseal.
 *
 * @param target A backend, or what `createMail` made; `using` chooses one of its mailers.
 * @throws MailerError WX_MAILER_OPTION, WX_MAILER_UNKNOWN
 *
 * @example
 * const transporter = nodemailer.createTransport(waxsealTransport(failover([a, b])))
 */
export function waxsealTransport(
  target: Backend | { readonly mailers: Mailers },
  options: WaxsealTransportOptions = {},
): WaxsealTransport {
  refuseUnknownOptions("waxsealTransport", options, Object.keys(known));
  const backend = backendOf(target, options);
  return {
    name: "Waxseal",
    // That of this interface; nodemailer wants one for its log.
    version: "1",
    supportsAbortSignal: true,
    // callbackify: what a callback throws is the program's fault, and must not bring a second call about.
    send: (mail, callback) => callbackify(() => translated(send(backend, mail)))(callback),
    verify: (callback) => answer(verify(backend), callback),
    close: (callback) => answer((async () => backend.close?.())(), callback),
  };
}

function backendOf(target: Backend | { readonly mailers: Mailers }, { using }: WaxsealTransportOptions): Backend {
  if (typeof target === "object" && target !== null && "mailers" in target) return target.mailers.get(using);
  if (typeof target?.send !== "function") {
    throw badOption("waxsealTransport", "target", "must be a backend, or what createMail returns.");
  }
  if (using !== undefined) throw badOption("waxsealTransport", "using", "is of no use where a backend is given.");
  return target;
}

async function send(backend: Backend, { message, data }: CompiledMail): Promise<WaxsealSentInfo> {
  const { from, to } = message.getEnvelope();
  const given = { from: from === false ? "" : from, to: [...to] };
  const envelope: Envelope = { ...given, ...promisesOf(given, data) };
  const bytes = await readBytes(message.createReadStream());
  const { signal } = data;
  const receipt = await backend.send(envelope, bytes, signal instanceof AbortSignal ? { signal } : {});
  return sentInfo(given, message.messageId(), receipt);
}

function promisesOf({ from, to }: { from: string; to: string[] }, data: CompiledMail["data"]): Partial<Envelope> {
  const dsn = typeof data.dsn === "object" && data.dsn !== null ? readDsn(data.dsn) : undefined;
  const isAscii = [from, ...to].every((address) => /^[\0-\x7f]*$/.test(address));
  return {
    ...(dsn !== undefined && { dsn }),
    ...(data.requireTLSExtensionEnabled === true && { requireTls: true }),
    ...(!isAscii && { smtpUtf8: true }),
  };
}

const NOTIFY = ["success", "failure", "delay"] as const;

/** Nodemailer's names for one thing are several. */
function readDsn(dsn: {
  id?: unknown;
  envid?: unknown;
  ret?: unknown;
  return?: unknown;
  notify?: unknown;
}): Envelope["dsn"] {
  const id = dsn.id ?? dsn.envid;
  const back = String(dsn.return ?? dsn.ret ?? "").toUpperCase();
  const words = (Array.isArray(dsn.notify) ? dsn.notify.join(",") : String(dsn.notify ?? "")).toLowerCase();
  const notify = words.includes("never") ? "never" : NOTIFY.filter((word) => words.includes(word));
  return {
    ...(typeof id === "string" && { id }),
    ...(back !== "" && { return: back.startsWith("H") ? ("headers" as const) : ("full" as const) }),
    ...(notify.length > 0 && { notify }),
  };
}

/** The whole message, every line end as CRLF: nodemailer leaves those of bodies as they came. */
async function readBytes(stream: AsyncIterable<unknown>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  // latin1 keeps every byte as it is.
  const text = Buffer.concat(chunks).toString("latin1");
  return Buffer.from(text.replace(/\r\n|\r|\n/g, "\r\n"), "latin1");
}

function sentInfo(envelope: WaxsealSentInfo["envelope"], messageId: string, receipt: Receipt): WaxsealSentInfo {
  const { accepted, rejected, response } = receipt;
  return {
    envelope,
    messageId,
    accepted,
    rejected: rejected.map(({ address }) => address),
    ...(rejected.length > 0 && { rejectedErrors: rejected.map(toRecipientError) }),
    response,
  };
}

async function verify(backend: Backend): Promise<true> {
  await backend.verify?.();
  return true;
}

/** By callback where there is one, and as a promise: nodemailer's users may do either. */
function answer<T>(work: Promise<T>, callback: Answer<T> | undefined): Promise<T> {
  const done = translated(work);
  // The callback gets the failure, so that a promise nobody looks at is no fault of the program.
  if (callback !== undefined) callbackify(() => done)(callback);
  return done;
}

async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toTransportError(error);
  }
}
