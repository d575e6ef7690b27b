/** `waxseal outbox`: what became of messages, and what a person does about it. */
import Table from "cli-table3";
import { type Locale, localeOf, hintFor } from "../base/index.ts";
import { ConfigError } from "../config.ts";
import type { DeliveryState, Forecast, Outbox, OutboxHealth, OutboxMessage, OutboxSummary } from "../index.ts";
import { bold, dim, encode, green, red, withoutLines } from "./terminal.ts";
import { withWaxseal } from "./with-waxseal.ts";

/** The flags of the commands that look for messages. */
export interface OutboxFlags {
  database?: string;
  state?: string;
  mailer?: string;
  group?: string;
  limit?: string;
}

const STATES: readonly string[] = [
  "queued",
  "sending",
  "deferred",
  "sent",
  "failed",
  "unknown",
  "held",
  "cancelled",
  "suppressed",
] satisfies DeliveryState[];
const REDRIVABLE = ["failed", "unknown", "held", "suppressed"] as const;

/** Prints the newest messages as a table. */
export async function listOutbox(flags: OutboxFlags & { to?: string; before?: string; json?: boolean }): Promise<void> {
  const { mailer, group, to, before, json } = flags;
  const limit = wholeNumber("--limit", flags.limit) ?? 50;
  const state = flags.state === undefined ? undefined : oneOf("--state", flags.state, STATES);
  await withOutbox(flags, async (outbox) => {
    const wanted = { state: state as DeliveryState | undefined, mailer, group, recipient: to, before };
    const found = await outbox.list({ ...wanted, limit: limit + 1 });
    const shown = found.slice(0, limit);
    if (json === true) return console.log(JSON.stringify(shown, null, 2));
    if (shown.length === 0) return console.log("No message is like that.");
    console.log(tableOf(shown));
    if (found.length > limit) console.log(dim(`There are older ones: --before ${shown.at(-1)?.id ?? ""}`));
    for (const line of lateLines(await outbox.health())) console.error(red(line));
  });
}

/** Prints one message with its recipients and attempts. */
export async function showOutbox(id: string, flags: OutboxFlags & { json?: boolean }): Promise<void> {
  await withWaxseal(flags, async ({ outbox, limits }) => {
    const found = await outbox.get(id);
    if (found === undefined) return nothing(id, "there is no such message");
    const forecast = found.nextAttemptAt === undefined ? undefined : await limits.forecast(id);
    // One time at which it leaves, wherever it is said.
    const message = { ...found, nextAttemptAt: forecast?.leavesAt ?? found.nextAttemptAt };
    console.log(flags.json === true ? JSON.stringify({ ...message, forecast }, null, 2) : described(message, forecast));
  });
}

/** What is late, and why; empty while all is well. */
function lateLines({ isStuck, due, oldestDueMs, closed }: OutboxHealth): string[] {
  const stuck = `${due} are due and nobody sends them; the oldest for ${minutes(oldestDueMs)}.`;
  const behind = closed.flatMap(({ isLate, limited, mailer, oldestMs, reason }) => {
    const why = reason === undefined ? "" : `: ${encode(reason.detail)}`;
    return isLate
      ? [`${limited} wait behind the mailer ${encode(mailer)}, the oldest for ${minutes(oldestMs)}${why}`]
      : [];
  });
  return isStuck ? [stuck, ...behind] : behind;
}

/** Sends again: the messages of these ids, or those in a state. */
export async function redriveOutbox(ids: readonly string[], flags: OutboxFlags): Promise<void> {
  if ((ids.length === 0) === (flags.state === undefined)) {
    const problem = "give ids, or --state failed (or unknown, held, suppressed) for all that are in it";
    throw new ConfigError([{ setting: "redrive", problem }]);
  }
  if (ids.length > 0) {
    const again = async (outbox: Outbox, id: string): Promise<boolean> => (await outbox.redrive(id)) > 0;
    return each(ids, flags, again, "is queued again");
  }
  const state = oneOf("--state", flags.state ?? "", REDRIVABLE) as (typeof REDRIVABLE)[number];
  const limit = wholeNumber("--limit", flags.limit);
  const { mailer, group } = flags;
  await withOutbox(flags, async (outbox) => {
    const count = await outbox.redrive({ state, mailer, group, limit });
    console.log(`${bold(String(count))} ${count === 1 ? "message is" : "messages are"} queued again.`);
  });
}

export async function cancelOutbox(ids: readonly string[], flags: OutboxFlags): Promise<void> {
  await each(ids, flags, (outbox, id) => outbox.cancel(id), "is cancelled");
}

export async function holdOutbox(ids: readonly string[], flags: OutboxFlags): Promise<void> {
  await each(ids, flags, (outbox, id) => outbox.hold(id), "is held");
}

export async function releaseOutbox(ids: readonly string[], flags: OutboxFlags): Promise<void> {
  await each(ids, flags, (outbox, id) => outbox.release(id), "goes now");
}

/** Closes messages of which nobody knows whether they arrived. */
export async function resolveOutbox(ids: readonly string[], flags: OutboxFlags & { as?: string }): Promise<void> {
  const as = oneOf("--as", flags.as ?? "", ["sent", "failed"]) as "sent" | "failed";
  await each(ids, flags, (outbox, id) => outbox.resolve(id, as), `is closed as ${as}`);
}

async function each(
  ids: readonly string[],
  flags: OutboxFlags,
  change: (outbox: Outbox, id: string) => Promise<boolean>,
  done: string,
): Promise<void> {
  await withOutbox(flags, async (outbox) => {
    for (const id of ids) {
      if (await change(outbox, id)) console.log(`${id} ${done}.`);
      else nothing(id, await whyNot(outbox, id));
    }
  });
}

async function whyNot(outbox: Outbox, id: string): Promise<string> {
  const message = await outbox.get(id);
  return message === undefined ? "there is no such message" : `nothing was changed, it is ${message.state}`;
}

function nothing(id: string, why: string): void {
  console.error(red(`${encode(id)}: ${why}.`));
  process.exitCode = 1;
}

async function withOutbox(flags: OutboxFlags, work: (outbox: Outbox) => Promise<void>): Promise<void> {
  await withWaxseal(flags, ({ outbox }) => work(outbox));
}

function oneOf(flag: string, text: string, known: readonly string[]): string {
  if (known.includes(text)) return text;
  throw new ConfigError([{ setting: flag, problem: `there is no "${text}" here. ${hintFor(text, known)}` }]);
}

function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new ConfigError([{ setting: flag, problem: `it is "${text}"; it must be a whole number from 1 to 999` }]);
}

/** A line for each, with ids whole so that they can be copied. */
function tableOf(messages: readonly OutboxSummary[]): string {
  const table = new Table({
    head: ["Id", "State, until", "Queued", "To", "Subject"].map((word) => bold(word)),
    style: { head: [], border: [] },
    chars: withoutLines,
    colWidths: [null, null, null, 34, 34],
  });
  for (const { id, state, createdAt, nextAttemptAt, recipients, subject } of messages) {
    const [first, ...others] = recipients.map(({ address }) => encode(address));
    const more = others.length === 0 ? "" : ` +${others.length}`;
    const next = state === "sending" || nextAttemptAt === undefined || nextAttemptAt <= Date.now() ? "" : nextAttemptAt;
    const leaves = next === "" ? "" : `\n${dim(timeOf(next))}`;
    table.push([id, `${coloured(state)}${leaves}`, timeOf(createdAt), `${first ?? ""}${more}`, encode(subject)]);
  }
  return table.toString();
}

function described(message: OutboxMessage, forecast: Forecast | undefined): string {
  const { nextAttemptAt: next = 0 } = message;
  const facts: [string, string | undefined][] = [
    ["State", coloured(message.state)],
    ["Subject", message.subject],
    ["From", message.from],
    ["Mailer", message.mailer],
    ["Priority", message.priority],
    ["Group", message.group],
    ["Tenant", message.tenant],
    ["Stream", message.stream],
    ["Message-ID", message.messageId],
    ["Queued", timeOf(message.createdAt)],
    ["Next", message.state === "sending" || next <= Date.now() ? undefined : timeOf(next)],
    ["Outlook", forecast?.text[languageOfReader() === "zh-CN" ? "zh" : "en"]],
    ["Done", message.finishedAt === undefined ? undefined : timeOf(message.finishedAt)],
  ];
  const shown = facts.flatMap(([label, value]) =>
    value === undefined || value === ""
      ? []
      : [`${dim(label.padEnd(11))} ${label === "State" ? value : encode(value)}`],
  );
  const recipients = message.recipients.map(
    ({ address, state, detail }) =>
      `  ${coloured(state)}${" ".repeat(Math.max(1, 11 - state.length))}${encode(address)}${detail === "" ? "" : dim(`  ${encode(detail)}`)}`,
  );
  return [...shown, "", bold("Recipients"), ...recipients, "", bold("Attempts"), ...attemptsOf(message)].join("\n");
}

function attemptsOf({ history }: OutboxMessage): string[] {
  if (history.length === 0) return ["  none yet"];
  const locale = languageOfReader();
  return history.flatMap(({ at, outcome, server, stage, text, diagnosis }) => {
    const where = [server, stage]
      .filter((word) => word !== "")
      .map(encode)
      .join(", ");
    // In English the text says it already.
    const meaning = locale === "zh-CN" && diagnosis !== undefined ? diagnosis.meaning.zh + diagnosis.advice.zh : "";
    return [
      `  ${timeOf(at)}  ${coloured(outcome)}  ${dim(where)}`,
      ...[text, meaning].filter((words) => words !== "").map((words) => `    ${encode(words)}`),
    ];
  });
}

function languageOfReader(): Locale {
  return localeOf(process.env["LC_ALL"] ?? process.env["LANG"] ?? "") ?? "en";
}

function coloured(state: OutboxSummary["state"] | "interrupted"): string {
  if (state === "sent") return green(state);
  return state === "failed" || state === "unknown" ? red(state) : state;
}

const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;
const minutes = (ms: number): string => `${Math.floor(ms / 60_000)} minutes`;
