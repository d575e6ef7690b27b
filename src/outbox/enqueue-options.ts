/** How one message is enqueued: what may be said of it, checked before anything is written. */
import { inspect } from "node:util";
import { findUnknownOption } from "../base/index.ts";
import type { CallerTransaction, Schema } from "../db/index.ts";
import { OutboxError } from "./errors.ts";
import { priorities, type Priority } from "./priority.ts";

/** How one message is enqueued. `Tables` is all that the caller's transaction knows: our tables, and its own beside them. */
export interface EnqueueOptions<Tables extends Schema = Schema> {
  /**
   * The transaction that the message belongs to: one of Waxseal's own database, or of the caller's library by
   * `fromPg`, `fromSqlite`, `fromKysely`, `fromDrizzle`, `fromPrisma` or `fromKnex`. Without it the message is committed at once.
   */
  tx?: CallerTransaction<Tables> | undefined;
  /** The mailer that sends it. Default "default". */
  using?: string | undefined;
  /**
   * A name of the caller's for this message, at most 200 characters. The same key with the same content is the same
   * message, and gives its id; with other content it is refused.
   */
  idempotencyKey?: string | undefined;
  /** What is more urgent is sent first. Default "normal". */
  priority?: Priority | undefined;
  /** Not before this time: a Date, or milliseconds since 1970. Default: at once. */
  sendAt?: Date | number | undefined;
  /** No attempt after this time, which must be later than `sendAt`. Default: 48 hours after it is due first (`policy.lifetimeMs`). */
  expiresAt?: Date | number | undefined;
  /** Names to count messages by, added to the envelope's: at most 20, of 100 characters each. */
  tags?: readonly string[] | undefined;
  /** The application's own data, laid over the envelope's: at most 50 entries, 10,000 characters together. */
  metadata?: Readonly<Record<string, string>> | undefined;
  /** What the message is listed by, such as the name of a campaign, at most 200 characters. */
  group?: string | undefined;
  /** Whose message it is, where one outbox serves many, at most 200 characters; limits are kept for each. */
  tenant?: string | undefined;
  /** What a recipient can unsubscribe from, at most 200 characters. */
  stream?: string | undefined;
  /** The body is deleted as soon as the server has taken the message. Default false. */
  sensitive?: boolean | undefined;
  /**
   * What to do when the connection was lost after the final byte, or the worker was killed while it was sending: send
   * again (with the same Message-ID), or wait for a person. Default "resend"; say "hold" for one-time codes.
   */
  onUnknown?: "resend" | "hold" | undefined;
  /** W3C traceparent of the request that enqueues it. */
  trace?: string | undefined;
}

const known = {
  tx: true,
  using: true,
  idempotencyKey: true,
  priority: true,
  sendAt: true,
  expiresAt: true,
  tags: true,
  metadata: true,
  group: true,
  tenant: true,
  stream: true,
  sensitive: true,
  onUnknown: true,
  trace: true,
} satisfies Record<keyof EnqueueOptions, true>;
const knownNames = Object.keys(known);

/** The longest text that an option may be, in characters. */
const LONGEST = { using: 200, idempotencyKey: 200, group: 200, tenant: 200, stream: 200, trace: 200 } as const;
const MOST_TAGS = 20;
const LONGEST_TAG = 100;
const MOST_METADATA = 50;
const LONGEST_METADATA = 10_000;

/** @throws OutboxError `WX_OUTBOX_OPTIONS`, which names the option and the fix */
export function checkEnqueueOptions(options: EnqueueOptions): void {
  refuseUnknownOptions("enqueue", options, knownNames);
  for (const name of Object.keys(LONGEST) as (keyof typeof LONGEST)[]) checkText(name, options[name]);
  const { priority, onUnknown, sensitive } = options;
  if (priority !== undefined && !priorities.includes(priority)) {
    throw refused("priority", priority, `Give one of ${priorities.join(", ")}`);
  }
  if (onUnknown !== undefined && onUnknown !== "resend" && onUnknown !== "hold") {
    throw refused("onUnknown", onUnknown, "Give resend or hold");
  }
  if (sensitive !== undefined && typeof sensitive !== "boolean") {
    throw refused("sensitive", sensitive, "Give true or false");
  }
  if (options.tags !== undefined) checkTags(options.tags);
  if (options.metadata !== undefined) checkMetadata(options.metadata);
}

/** The last year that every program writes in four digits, in milliseconds since 1970. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * A time as the caller gave it, in milliseconds since 1970.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS`
 */
export function millisecondsOf(name: string, time: Date | number | undefined): number | undefined {
  if (time === undefined) return undefined;
  const milliseconds = time instanceof Date ? time.getTime() : time;
  if (typeof milliseconds === "number" && milliseconds >= 0 && milliseconds <= LATEST) return Math.trunc(milliseconds);
  throw refused(name, time, "Give a valid Date, or milliseconds since 1970, before the year 10000");
}

/**
 * When it is sent and when its time is over, in milliseconds since 1970.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS`
 */
export function timesOf(options: Pick<EnqueueOptions, "sendAt" | "expiresAt">): {
  sendAt: number | undefined;
  expiresAt: number | undefined;
} {
  const sendAt = millisecondsOf("sendAt", options.sendAt);
  const expiresAt = millisecondsOf("expiresAt", options.expiresAt);
  if (sendAt === undefined || expiresAt === undefined || sendAt < expiresAt) return { sendAt, expiresAt };
  throw refused("expiresAt", options.expiresAt, "Its time is over before sendAt: give a later one");
}

/** @throws OutboxError `WX_OUTBOX_OPTIONS` for an option that does not exist, with the one that was meant */
export function refuseUnknownOptions(owner: string, options: object, names: readonly string[]): void {
  const unknown = findUnknownOption(options, names);
  if (unknown === undefined) return;
  throw new OutboxError("WX_OUTBOX_OPTIONS", `${owner} has no option "${unknown.name}". ${unknown.hint}`);
}

function checkText(name: keyof typeof LONGEST, text: unknown): void {
  if (text === undefined) return;
  if (typeof text !== "string" || text === "") throw refused(name, text, "Give a text, or leave it out");
  if (text.length > LONGEST[name]) throw refused(name, text, `Give at most ${LONGEST[name]} characters`);
  // Postgres stores no NUL in a text, and nobody half a character.
  if (/[\0\r\n]|\p{Surrogate}/u.test(text))
    throw refused(name, text, "Leave out line ends, NUL and halves of characters");
}

function checkTags(tags: readonly string[]): void {
  const right = Array.isArray(tags) && tags.every((tag) => isPlainText(tag) && tag.length <= LONGEST_TAG);
  if (right && tags.length <= MOST_TAGS) return;
  throw refused("tags", tags, `Give a list of at most ${MOST_TAGS} texts of at most ${LONGEST_TAG} characters`);
}

function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  const entries = isRecord(metadata) ? Object.entries(metadata) : undefined;
  const right = entries?.every(([name, value]) => isPlainText(name) && isPlainText(value));
  const length = entries?.flat().join("").length ?? 0;
  if (right && (entries?.length ?? 0) <= MOST_METADATA && length <= LONGEST_METADATA) return;
  throw refused(
    "metadata",
    metadata,
    `Give an object of at most ${MOST_METADATA} texts, ${LONGEST_METADATA} characters together`,
  );
}

/** A list or a Map holds its texts where they would be lost. */
function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !(Symbol.iterator in value);
}

function isPlainText(value: unknown): boolean {
  return typeof value === "string" && !value.includes("\0");
}

const SHOWN_LENGTH = 48;

function refused(name: string, value: unknown, fix: string): OutboxError {
  return new OutboxError("WX_OUTBOX_OPTIONS", `enqueue: ${name} may not be ${shown(value)}. ${fix}.`);
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : inspect(value, { depth: 1, breakLength: Infinity });
  return text.slice(0, SHOWN_LENGTH);
}
