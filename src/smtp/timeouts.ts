/** How long each step may take in all; every one is a fixed deadline, so a slow drip of bytes gains no time. */
import type { SmtpStage } from "./errors.ts";

/** Milliseconds per step. */
export interface SmtpTimeouts {
  /** Name look-up and TCP connection; counted anew for the TLS handshake. Default 30,000. */
  connectMs: number;
  /** The server's greeting. Default 300,000. */
  greetingMs: number;
  /** The reply to any command not named below. Default 300,000. */
  replyMs: number;
  /** The reply to DATA. Default 120,000. */
  dataMs: number;
  /** Each 64 KB of content on its way out. Default 180,000. */
  contentMs: number;
  /** The acknowledgement of the content. Default 600,000: a shorter one makes duplicates (RFC 1047). */
  finalReplyMs: number;
}

/** RFC 5321, section 4.5.3.2. */
export const defaultTimeouts: SmtpTimeouts = {
  connectMs: 30_000,
  greetingMs: 300_000,
  replyMs: 300_000,
  dataMs: 120_000,
  contentMs: 180_000,
  finalReplyMs: 600_000,
};

/** A polite QUIT is not worth a longer wait. */
const QUIT_MS = 1_000;

const SETTINGS: Record<SmtpStage, keyof SmtpTimeouts> = {
  connect: "connectMs",
  tls: "connectMs",
  greeting: "greetingMs",
  ehlo: "replyMs",
  starttls: "replyMs",
  auth: "replyMs",
  mail: "replyMs",
  rcpt: "replyMs",
  data: "dataMs",
  content: "contentMs",
  final: "finalReplyMs",
  quit: "replyMs",
};

/** Where a step's time comes from: how long it may take, and the name of the setting. */
export interface StepLimit {
  readonly ms: number;
  readonly setting: string;
}

/** How long a step may take, in milliseconds. */
export function stepMs(stage: SmtpStage, timeouts: SmtpTimeouts): number {
  const ms = timeouts[SETTINGS[stage]];
  return stage === "quit" ? Math.min(ms, QUIT_MS) : ms;
}

/** The deadline of a step, and the name of the setting it comes from. */
export function deadlineOf(stage: SmtpStage, timeouts: SmtpTimeouts): StepLimit {
  return { ms: stepMs(stage, timeouts), setting: `timeouts.${SETTINGS[stage]}` };
}
