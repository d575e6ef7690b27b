/** `waxseal send --csv`: a run that is enqueued, sent and shown in one process, and goes on where it was ended. */
import { basename, extname } from "node:path";
import { type Clock, type Logger, systemClock } from "../base/index.ts";
import {
  type Bulk,
  type BulkProgress,
  type BulkRun,
  checkList,
  createWaxseal,
  openRecipients,
  type RecipientFile,
  type Template,
} from "../index.ts";
import { loadConfig } from "./load-config.ts";
import { type Counts, createProgress, duration, number, type Progress } from "./progress.ts";
import { namedTemplate, type SendFlags } from "./send-flags.ts";
import { statusLines } from "./send-control.ts";
import { bold, dim, encode, green, red } from "./terminal.ts";
import { withSite } from "./with-waxseal.ts";

type ListFlags = SendFlags & { csv: string; template: string };

/** Problems that are shown one by one; of the others only their number. */
const PROBLEMS_SHOWN = 20;
/** How often the database is asked how far the run is, in milliseconds; more seldom where its answer takes long. */
const LOOK_EVERY_MS = 500;
/** Not everything on the list was sent. */
const EXIT_INCOMPLETE = 2;

export async function sendList(flags: ListFlags): Promise<void> {
  const file = await openRecipients(flags.csv, flags.column === undefined ? {} : { addressColumn: flags.column });
  const own = await namedTemplate(flags.template);
  const template = flags.from === undefined ? own : { ...own, from: flags.from };
  if (file.encoding !== "utf-8") console.log(dim(`${encode(file.path)} is read as ${file.encoding.toUpperCase()}.`));
  await (flags.dryRun === true ? dryRun(file, template, flags) : run(file, template, flags));
}

/** Checks everything and shows the first mail. */
async function dryRun(file: RecipientFile, template: Template, flags: ListFlags): Promise<void> {
  const problems = problemTeller(file, (line: string) => console.error(line));
  const found = await checkList(template, limited(file.entries(), flags.limit), { ...problems, stream: flags.stream });
  problems.end();
  const { first, taken, good, repeated, refused } = found;
  if (first !== undefined) {
    console.log(`${dim("To")}       ${encode(String(first.to?.[0] ?? ""))}`);
    console.log(`${dim("Subject")}  ${encode(first.subject ?? "")}\n`);
    console.log(
      (first.text ?? first.html ?? "")
        .split("\n")
        .map((line) => `  ${encode(line)}`)
        .join("\n"),
    );
  }
  const verdict = `${number(taken)} read: ${number(good)} would be sent, ${number(repeated)} repeated, ${number(refused)} refused.`;
  console.log(`${refused > 0 ? red(verdict) : green(verdict)} ${dim("Nothing was sent.")}`);
  if (refused > 0) process.exitCode = EXIT_INCOMPLETE;
}

async function run(file: RecipientFile, template: Template, flags: ListFlags): Promise<void> {
  const name = flags.name ?? nameOf(flags);
  const verb = flags.enqueueOnly === true ? "queued" : "sent";
  const progress = createProgress(process.stdout, { title: encode(name), verb, now: () => performance.now() });
  const interrupt = onInterrupt(progress);
  const startedAt = performance.now();
  try {
    const { config } = await loadConfig(flags.database === undefined ? {} : { database: flags.database });
    // Only the mail of a stream has a link.
    await using waxseal = await createWaxseal(flags.stream === undefined ? withSite(config) : config, {
      logger: reasonsOn(progress),
    });
    const { bulk } = waxseal;
    if (flags.enqueueOnly !== true) waxseal.startWorker();
    await follow({ bulk, file, template, flags, name, progress, stop: interrupt.signal, clock: systemClock });
    if (interrupt.signal.aborted) await bulk.pause(name);
    await waxseal.outbox.stop(); // what is under way has its outcome then
    const last = await bulk.progress(name);
    progress.end();
    if (last !== undefined) tell(last, flags, (performance.now() - startedAt) / 1000);
  } finally {
    progress.end();
    interrupt.end();
  }
  if (interrupt.exitCode() !== undefined) process.exitCode = interrupt.exitCode();
}

interface Following {
  bulk: Bulk;
  file: RecipientFile;
  template: Template;
  flags: ListFlags;
  name: string;
  progress: Progress;
  stop: AbortSignal;
  clock: Clock;
}

/** Reads the list, and shows how far it is until everything is sent, or somebody ends it. */
async function follow(following: Following): Promise<BulkRun> {
  const { bulk, file, template, flags, name, progress, stop, clock } = following;
  const problems = problemTeller(file, (line) => progress.say(line));
  const { limit, using, stream, rate } = flags;
  let done: BulkRun | undefined;
  const reading = bulk
    .sendMany(template, limited(file.entries(), limit), {
      name,
      source: file.hash,
      resume: true,
      signal: stop,
      onRefused: problems.onRefused,
      ...(using !== undefined && { using }),
      ...(stream !== undefined && { stream }),
      ...(rate !== undefined && { perMinute: rate }),
    })
    .then((outcome) => {
      problems.end();
      return (done = outcome);
    });
  const trouble = reading.then(() => new Promise<never>(() => {}));
  trouble.catch(() => {}); // it is met below, once there is time for it
  for (;;) {
    const askedAt = performance.now();
    const seen = await bulk.progress(name);
    const tookMs = performance.now() - askedAt;
    if (seen !== undefined) progress.show(countsOf(seen, file, flags));
    if (stop.aborted || (done !== undefined && isOver(seen, flags))) return reading;
    await Promise.race([clock.sleep(Math.max(LOOK_EVERY_MS, 20 * tookMs), stop), trouble]);
  }
}

function isOver(seen: BulkProgress | undefined, flags: ListFlags): boolean {
  if (seen === undefined || flags.enqueueOnly === true || seen.state !== "running") return true;
  return seen.waiting + seen.deferred === 0; // what a person holds may be held for long
}

function countsOf(seen: BulkProgress, file: RecipientFile, flags: ListFlags): Counts {
  const { complete, queued, taken, sent, deferred, failed, unknown, suppressed, cancelled } = seen;
  const expected = Math.min(file.lines, flags.limit ?? file.lines);
  if (flags.enqueueOnly === true)
    return { total: Math.max(taken, expected), sent: taken, deferred: 0, failed: 0, left: 0 };
  const total = complete ? queued : Math.max(queued, expected - seen.repeated - seen.refused);
  return { total, sent, deferred, failed: failed + unknown, left: suppressed + cancelled };
}

/** What became of it, in words and as an exit code. */
function tell(last: BulkProgress, { enqueueOnly }: ListFlags, seconds: number): void {
  for (const line of statusLines(last)) console.log(line);
  const open = last.waiting + last.deferred;
  if (last.state === "paused") console.log(`Paused. ${bold("The same command goes on")}, as does waxseal send resume.`);
  else if (last.state === "cancelled") console.log("Cancelled.");
  else if (open > 0 || !last.complete)
    console.log(dim("A worker sends what waits: waxseal serve, or the same command."));
  else if (last.held > 0) console.log(dim(`What is held goes on with waxseal send resume ${encode(last.name)}.`));
  else console.log(`${green("Done")} in ${duration(seconds)}.`);
  const { refused, failed, unknown, cancelled, held } = last;
  const missing = refused + failed + unknown + cancelled + held + (enqueueOnly === true ? 0 : open);
  if (missing > 0 || last.state !== "running") process.exitCode = EXIT_INCOMPLETE;
}

/** The first Ctrl-C ends the run in good order, a second one at once: what is on the disk is whole at any time. */
function onInterrupt(progress: Progress): { signal: AbortSignal; exitCode(): number | undefined; end(): void } {
  const stopping = new AbortController();
  let code: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    if (code !== undefined) process.exit(code);
    code = signal === "SIGINT" ? 130 : 143;
    progress.say("Pausing; what is under way is sent to its end. Ctrl-C again stops at once.");
    stopping.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const end = (): void => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
  return { signal: stopping.signal, exitCode: () => code, end };
}

/** Says the first problems one by one. */
function problemTeller(
  file: RecipientFile,
  say: (line: string) => void,
): { onRefused: (refusal: { number: number; problem: string }) => void; end(): void } {
  let count = 0;
  return {
    onRefused: ({ number: line, problem }) => {
      if (++count <= PROBLEMS_SHOWN) say(`${red("skipped")} ${encode(file.path)}:${line}: ${encode(problem)}`);
    },
    end: () => {
      if (count > PROBLEMS_SHOWN) say(red(`and ${number(count - PROBLEMS_SHOWN)} more lines like these`));
    },
  };
}

const TOLD_EVENTS: readonly string[] = ["outbox.deferred", "outbox.failed", "outbox.unknown", "outbox.worker-failed"];

/** Why messages fail or wait, each reason once. */
function reasonsOn(progress: Progress): Logger {
  const told = new Set<string>();
  return {
    log: (_level, event, fields = {}) => {
      if (!TOLD_EVENTS.includes(event) || told.size >= PROBLEMS_SHOWN) return;
      const words = `${event.slice("outbox.".length)}: ${encode(String(fields["text"] ?? fields["error"] ?? ""))}`;
      if (told.has(words)) return;
      told.add(words);
      progress.say(dim(words));
    },
  };
}

function nameOf({ template, csv }: ListFlags): string {
  return `${basename(template)}-${basename(csv, extname(csv))}`;
}

async function* limited<T>(entries: AsyncIterable<T>, limit = Infinity): AsyncGenerator<T> {
  let count = 0;
  for await (const entry of entries) {
    if (++count > limit) return;
    yield entry;
  }
}
