/** Reads the list of a bulk into the outbox, one transaction after the other; a kill between two costs nothing. */
import { createHash, randomUUID } from "node:crypto";
import { type Clock, describeError, newId } from "../../base/index.ts";
import type { Composed, MessageFields } from "../../mail/index.ts";
import type { DueMessage } from "../engine.ts";
import { type Entry, entryOf } from "../entry.ts";
import type { MessageRow } from "../store.ts";
import {
  type BulkEntry,
  type CheckedEntry,
  checkEntry,
  fingerprintOf,
  isUnreadable,
  type UnreadableEntry,
} from "./entry.ts";
import { BulkError } from "./errors.ts";
import { type Pace, paceOf } from "./pace.ts";
import { messageFields } from "./renderer.ts";
import { type BulkSettings, changed, refuseChanged, settingsOf } from "./settings.ts";
import {
  advance,
  type BulkRow,
  countByState,
  findBulk,
  insertBulk,
  insertKeys,
  insertMessages,
  ROWS_AT_ONCE,
  setCounters,
  setSettings,
} from "./store.ts";
import { type ReadTemplate, readTemplate, storedTemplate, type Template } from "./template.ts";
import type { BulkOptions, BulkRun, RefusedEntry, SendManyOptions } from "./types.ts";

type AnyEntry = BulkEntry | UnreadableEntry;

/** One run of `sendMany`. */
interface Run {
  options: BulkOptions;
  sending: SendManyOptions;
  settings: BulkSettings;
  template: ReadTemplate;
  clock: Clock;
  pace: Pace;
  /** What the first good entry became: its sender and the domain of its Message-ID are those of all. */
  sample: Composed | undefined;
  /** Whether the sender is another one for each recipient. */
  hasOwnSenders: boolean;
  /** Why no message could be composed so far. */
  fault: unknown;
}

/** Entries that are rendered before anything else in this process has its turn. */
const AT_A_STRETCH = 50;

/** A message that is ready to be inserted, with what makes a second one a duplicate. */
interface Ready {
  key: string;
  entry: Entry;
}

/**
 * Finds or makes the bulk of this name.
 *
 * @throws BulkError `WX_BULK_CHANGED`, `WX_BULK_CANCELLED`, `WX_BULK_OPTIONS`
 */
export async function openBulk(
  { database }: BulkOptions,
  { template, sending, now }: { template: Template; sending: SendManyOptions; now: number },
): Promise<BulkRow> {
  const settings = settingsOf(sending);
  const stored = storedTemplate(template);
  const json = JSON.stringify(settings);
  await insertBulk(database.kysely, {
    id: newId(now),
    name: sending.name,
    template: stored,
    settings: json,
    list_hash: "",
    state: "running",
    taken: 0,
    queued: 0,
    repeated: 0,
    refused: 0,
    created_at: now,
    finished_at: null,
  });
  const bulk = await mustFind(database, sending.name);
  refuseChanged(bulk, stored, settings);
  if (bulk.state === "cancelled") {
    throw new BulkError(
      "WX_BULK_CANCELLED",
      `The bulk ${JSON.stringify(bulk.name)} was cancelled. To send it all the same, give it another name.`,
    );
  }
  if (bulk.settings !== json) await setSettings(database.kysely, bulk.id, json);
  return bulk;
}

/** @throws BulkError `WX_BULK_UNKNOWN` */
export async function mustFind({ kysely }: BulkOptions["database"], name: string): Promise<BulkRow> {
  const bulk = await findBulk(kysely, name);
  if (bulk !== undefined) return bulk;
  throw new BulkError("WX_BULK_UNKNOWN", `There is no bulk ${JSON.stringify(name)}.`);
}

/** Reads the list from where it was left. */
export async function readList(
  opened: BulkRow,
  entries: AsyncIterable<AnyEntry> | Iterable<AnyEntry>,
  {
    options,
    template,
    sending,
    clock,
  }: { options: BulkOptions; template: Template; sending: SendManyOptions; clock: Clock },
): Promise<BulkRun> {
  const settings = settingsOf(sending);
  options.mailer?.(settings.using);
  const run: Run = {
    options,
    sending,
    settings,
    template: await readTemplate(template),
    clock,
    pace: await paceFrom(opened, settings, options, clock),
    sample: undefined,
    hasOwnSenders: template.from?.includes("{") === true,
    fault: undefined,
  };
  const hash = createHash("sha256");
  let bulk = opened;
  let seen = 0;
  let batch: AnyEntry[] = [];
  for await (const entry of entries) {
    if (sending.signal?.aborted === true) return runOf(bulk);
    hash.update(fingerprintOf(entry));
    if (++seen <= opened.taken) {
      if (seen === opened.taken) refuseOtherList(opened, hash.copy().digest("hex"));
      continue;
    }
    batch.push(entry);
    if (batch.length < ROWS_AT_ONCE) continue;
    bulk = await take(run, bulk, batch, { list_hash: hash.copy().digest("hex"), finished_at: null });
    batch = [];
    if (bulk.state !== "running") return runOf(bulk);
  }
  if (seen < opened.taken)
    throw changed(opened.name, `a list of at least ${opened.taken} entries; this one has ${seen}`);
  if (batch.length === 0 && bulk.finished_at !== null) return runOf(bulk);
  return runOf(await take(run, bulk, batch, { list_hash: hash.digest("hex"), finished_at: clock.now() }));
}

function refuseOtherList({ name, list_hash: hash, taken }: BulkRow, found: string): void {
  if (hash !== found) throw changed(name, `other entries than the first ${taken} of this list`);
}

/** What still waits has its times already; what comes now follows it. */
export async function paceFrom(
  bulk: BulkRow,
  settings: BulkSettings,
  options: BulkOptions,
  clock: Clock,
): Promise<Pace> {
  const { perMinute, sendAt = 0 } = settings;
  const from = Math.max(clock.now(), sendAt);
  if (perMinute === undefined || bulk.taken === 0) return paceOf(perMinute, from);
  const waiting = (await countByState(options.database.kysely, bulk.id)).get("queued") ?? 0;
  return paceOf(perMinute, from + (waiting * 60_000) / perMinute);
}

/**
 * Takes some entries.
 *
 * Guarantee: their messages, their keys and how far the list was read are one commit, so that an entry is taken once.
 */
async function take(
  run: Run,
  bulk: BulkRow,
  batch: readonly AnyEntry[],
  to: Pick<BulkRow, "list_hash" | "finished_at">,
): Promise<BulkRow> {
  const ready = await prepare(run, bulk, batch);
  const taken = bulk.taken + batch.length;
  const { kysely } = run.options.database;
  const now = await kysely.transaction().execute(async (tx) => {
    if (!(await advance(tx, bulk, { ...to, taken }))) return undefined;
    const keys =
      ready.length === 0
        ? new Set()
        : await insertKeys(
            tx,
            bulk.id,
            ready.map(({ key }) => key),
          );
    const fresh: Entry[] = [];
    // The first of each key; `delete` tells it from those that follow.
    for (const { key, entry } of ready) if (keys.delete(key)) fresh.push(entry);
    const ids = fresh.length === 0 ? new Set<string>() : await insertMessages(tx, fresh);
    const counters = {
      queued: bulk.queued + ids.size,
      repeated: bulk.repeated + ready.length - ids.size,
      refused: bulk.refused + batch.length - ready.length,
    };
    await setCounters(tx, bulk.id, counters);
    const due = fresh.filter(({ message }) => ids.has(message.id)).map(({ message }) => dueMessage(message));
    if (due.length > 0) await run.options.engine?.add(tx, due);
    return { ...bulk, ...to, ...counters, taken };
  });
  run.options.engine?.wake();
  const current = now ?? (await halted(run, bulk));
  run.sending.onProgress?.(runOf(current));
  return current;
}

/** Why the list could not be read on: the bulk was paused or cancelled meanwhile, or somebody else reads it. */
async function halted(run: Run, bulk: BulkRow): Promise<BulkRow> {
  const found = await mustFind(run.options.database, bulk.name);
  if (found.state !== "running") return found;
  throw new BulkError(
    "WX_BULK_BUSY",
    `Another process reads the list of the bulk ${JSON.stringify(bulk.name)} now. Let one of them do it.`,
  );
}

async function prepare(run: Run, bulk: BulkRow, batch: readonly AnyEntry[]): Promise<Ready[]> {
  const ready: Ready[] = [];
  const refusals: RefusedEntry[] = [];
  for (const [index, entry] of batch.entries()) {
    if (index % AT_A_STRETCH === 0) await new Promise((resolve) => setImmediate(resolve)); // others have their turn
    const number = entry?.number ?? bulk.taken + index + 1;
    try {
      if (isUnreadable(entry)) throw new BulkError("WX_BULK_ENTRY", entry.problem);
      const checked = checkEntry(entry);
      ready.push({ key: checked.key, entry: await messageOf(run, bulk, checked) });
    } catch (error) {
      refusals.push({ number, problem: describeError(error) });
    }
  }
  // Not one could be composed: it is the template, or the settings.
  if (run.sample === undefined && run.fault !== undefined) throw run.fault;
  for (const refusal of refusals) run.sending.onRefused?.(refusal);
  return ready;
}

/** Renders it once, so that what is missing is told now; the bytes are made at delivery. */
async function messageOf(run: Run, bulk: BulkRow, checked: CheckedEntry): Promise<Entry> {
  const { lifetimeMs, perMinute: _pace, source: _source, sendAt: _from, ...enqueueing } = run.settings;
  const now = run.clock.now();
  const stream = enqueueing.stream ?? null;
  const fieldsFor = (messageId: string): MessageFields =>
    messageFields(
      run.template,
      checked,
      { messageId, stream, at: now, address: checked.address },
      run.options.unsubscribeLink,
    );
  run.sample ??= await compose(run, { ...fieldsFor(newMessageId("localhost")), messageId: undefined });
  const messageId = newMessageId(domainOf(run.sample.messageId));
  const fields = fieldsFor(messageId);
  const { envelope, bytes } = run.hasOwnSenders ? await compose(run, fields) : run.sample;
  const dueAt = run.pace.next();
  const entry = entryOf(
    { envelope: { ...envelope, to: [checked.address] }, bytes, messageId, subject: fields.subject ?? "" },
    { ...enqueueing, idempotencyKey: checked.idempotencyKey, ...(dueAt > now && { sendAt: dueAt }) },
    now,
    lifetimeMs,
  );
  return { ...entry, message: { ...entry.message, bulk_id: bulk.id, variables: checked.json }, bytes: undefined };
}

/** What it throws is about the template as likely as about the entry. */
async function compose(run: Run, fields: MessageFields): Promise<Composed> {
  try {
    return await run.options.compose(fields, { using: run.settings.using, at: run.clock.now() });
  } catch (error) {
    run.fault = error;
    throw error;
  }
}

function dueMessage({ id, due_at: dueAt, priority, mailer, group_name: group }: MessageRow): DueMessage {
  return { id, dueAt: dueAt ?? 0, priority, mailer, group };
}

function newMessageId(domain: string): string {
  return `<${randomUUID()}@${domain}>`;
}

function domainOf(messageId: string): string {
  return messageId.slice(messageId.lastIndexOf("@") + 1, -1);
}

/** What is told of a bulk. */
export function runOf(bulk: BulkRow): BulkRun {
  const { id, name, taken, queued, repeated, refused } = bulk;
  const state = bulk.state as BulkRun["state"];
  return { id, name, state, complete: bulk.finished_at !== null, taken, queued, repeated, refused };
}
