/** Shows how far a bulk is: one line that is drawn anew in a terminal, plain lines elsewhere. */
import { bold, dim, green, red } from "./terminal.ts";

/** How many messages stand where. */
export interface Counts {
  /** All there will be. */
  total: number;
  sent: number;
  deferred: number;
  failed: number;
  /** Done with without being sent: suppressed, cancelled. */
  left: number;
}

/** Where the progress is shown. */
export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  on?(event: "resize", listener: () => void): unknown;
  off?(event: "resize", listener: () => void): unknown;
}

export interface Progress {
  show(counts: Counts): void;
  /** A line of its own, above the bar. */
  say(line: string): void;
  /** The bar goes; what was said stays. */
  end(): void;
}

interface Sample {
  at: number;
  done: number;
}

/** The speed is that of the last seconds, in milliseconds. */
const WINDOW_MS = 10_000;
const BAR_WIDTH = 24;
/** Below this, a terminal has no room for the bar, in columns. */
const NARROW = 60;

/** What the progress is of. */
export interface ProgressOptions {
  title: string;
  /** What happens to the messages. Default "sent". */
  verb?: string | undefined;
  /** Milliseconds that grow steadily. */
  now: () => number;
  /** How often a plain line is written, in milliseconds. Default 5 s. */
  plainEveryMs?: number | undefined;
}

export function createProgress(screen: Screen, options: ProgressOptions): Progress {
  return screen.isTTY === true && process.env["TERM"] !== "dumb"
    ? liveProgress(screen, options)
    : plainProgress(screen, options);
}

type Speed = (counts: Counts, at: number) => number;

/** Messages a second over the last samples. */
function speedometer(): Speed {
  const samples: Sample[] = [];
  return (counts, at) => {
    samples.push({ at, done: doneOf(counts) });
    while (samples.length > 2 && at - (samples[0]?.at ?? at) > WINDOW_MS) samples.shift();
    const [first, last] = [samples[0], samples.at(-1)];
    if (first === undefined || last === undefined || last.at === first.at) return 0;
    return Math.max(0, ((last.done - first.done) * 1000) / (last.at - first.at));
  };
}

function doneOf({ sent, failed, left }: Counts): number {
  return sent + failed + left;
}

function liveProgress(screen: Screen, { title, now }: ProgressOptions): Progress {
  const speed = speedometer();
  let drawn = 0;
  let latest: { counts: Counts; rate: number } | undefined;

  /** A terminal that became narrower has broken the line into several. */
  function clear(): void {
    const rows = Math.ceil(drawn / Math.max(1, screen.columns ?? 80));
    if (drawn > 0) screen.write(`\r${rows > 1 ? `\u001b[${rows - 1}A` : ""}\u001b[J`);
    drawn = 0;
  }
  function draw(): void {
    clear();
    if (latest === undefined) return;
    const { text, width } = barLine(title, latest, (screen.columns ?? 80) - 1);
    screen.write(text);
    drawn = width;
  }
  screen.on?.("resize", draw);
  return {
    show: (counts) => {
      latest = { counts, rate: speed(counts, now()) };
      draw();
    },
    say: (line) => {
      clear();
      screen.write(`${line}\n`);
      draw();
    },
    end: () => {
      latest = undefined;
      clear();
      screen.off?.("resize", draw);
    },
  };
}

interface Piece {
  text: string;
  paint?: ((text: string) => string) | undefined;
}

/** As many pieces as there is room for, the most important first. */
function barLine(
  title: string,
  { counts, rate }: { counts: Counts; rate: number },
  room: number,
): { text: string; width: number } {
  const { total, deferred, failed } = counts;
  const share = total === 0 ? 0 : Math.min(1, doneOf(counts) / total);
  const full = Math.round(share * BAR_WIDTH);
  const pieces: Piece[] = [
    ...(room >= NARROW ? [{ text: "█".repeat(full) + "░".repeat(BAR_WIDTH - full), paint: green }] : []),
    { text: `${Math.floor(share * 100)}%`, paint: bold },
    { text: `${number(counts.sent)}/${number(total)}` },
    ...(failed > 0 ? [{ text: `${number(failed)} failed`, paint: red }] : []),
    ...(deferred > 0 ? [{ text: `${number(deferred)} deferred` }] : []),
    { text: `${number(rate)}/s`, paint: dim },
    { text: remaining(counts, rate), paint: dim },
    { text: title, paint: dim },
  ];
  let [line, width] = ["", 0];
  for (const { text, paint = (same: string) => same } of pieces) {
    const gap = width === 0 ? "" : "  ";
    if (text === "" || width + gap.length + text.length > room) continue;
    line += gap + paint(text);
    width += gap.length + text.length;
  }
  return { text: line, width };
}

function plainProgress(
  screen: Screen,
  { title, verb = "sent", now, plainEveryMs: everyMs = 5_000 }: ProgressOptions,
): Progress {
  const speed = speedometer();
  let saidAt = -Infinity;
  return {
    show: (counts) => {
      const rate = speed(counts, now());
      if (now() - saidAt < everyMs) return;
      saidAt = now();
      const { failed, deferred } = counts;
      const parts = [
        `${number(counts.sent)} of ${number(counts.total)} ${verb}`,
        ...(failed > 0 ? [`${number(failed)} failed`] : []),
        ...(deferred > 0 ? [`${number(deferred)} deferred`] : []),
        `${number(rate)}/s`,
        remaining(counts, rate),
      ];
      screen.write(`${title}: ${parts.filter((part) => part !== "").join(", ")}\n`);
    },
    say: (line) => screen.write(`${line}\n`),
    end: () => {},
  };
}

/** Empty while it cannot be known. */
function remaining(counts: Counts, rate: number): string {
  const open = counts.total - doneOf(counts);
  return rate < 0.01 || open <= 0 ? "" : `${duration(open / rate)} left`;
}

/** With commas between thousands; a fraction where that is all there is. */
export function number(value: number): string {
  if (value > 0 && value < 10 && !Number.isInteger(value)) return value.toFixed(1);
  return Math.round(value).toLocaleString("en-US");
}

/** Such as `0:05`, `12:34` or `3:07:00`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const tail = `${String(minutes).padStart(hours > 0 ? 2 : 1, "0")}:${String(whole % 60).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}
