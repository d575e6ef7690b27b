/** What the commands print, and how they end. */
import { type Logger, type LogLevel, pinoLogger, type PinoShaped } from "../base/index.ts";
import { pino } from "pino";

const colours = process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined;

const paint = (code: string) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold: (text: string) => string = paint("1");
export const dim: (text: string) => string = paint("2");
export const red: (text: string) => string = paint("31");
export const green: (text: string) => string = paint("32");

/** JSON lines on standard error, so that standard output stays for people. */
export function stderrLogger(level: string): Logger {
  return pinoLogger(
    pino(
      { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
      pino.destination({ fd: 2, sync: true }),
    ) as PinoShaped,
  );
}

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** One readable line for each event on standard error, for a person who watches the terminal. */
export function terminalLogger(least: LogLevel): Logger {
  return {
    log: (level, event, fields = {}) => {
      if (levels.indexOf(level) < levels.indexOf(least)) return;
      const { text, ...rest } = fields;
      const details = Object.entries(rest).filter(([, value]) => value !== undefined && value !== "");
      const shown = details.map(
        ([name, value]) => `${name}=${typeof value === "string" ? encode(value) : String(value)}`,
      );
      const words = typeof text === "string" ? ` ${encode(text)}` : "";
      const time = new Date().toTimeString().slice(0, 8);
      console.error(`${dim(time)} ${level === "error" ? red(event) : bold(event)}${words} ${dim(shown.join(" "))}`);
    },
  };
}

/** A text as it is, but for what could move the cursor, forge a line or turn the reading direction: that is shown escaped. */
export function encode(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character < " " ? JSON.stringify(character).slice(1, -1) : escapeOf(character),
  );
}

/** The escapes of JSON for characters that JSON.stringify leaves as they are. */
function escapeOf(character: string): string {
  return character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Closes `service` at Ctrl-C or SIGTERM; a second Ctrl-C does not wait for it. */
export function closeOnSignal(service: { close(): Promise<void> }): void {
  let closing = false;
  const stop = (): void => {
    if (closing) process.exit(130);
    closing = true;
    console.log("\nStopping …");
    service.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

const edges = ["top", "bottom", "left", "right", "mid"];
const junctions = [
  "top-mid",
  "top-left",
  "top-right",
  "bottom-mid",
  "bottom-left",
  "bottom-right",
  "left-mid",
  "mid-mid",
  "right-mid",
];
/** For cli-table3: a table of rows alone, that can be copied out of a terminal and searched. */
export const withoutLines: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...edges, ...junctions].map((name) => [name, ""])),
  middle: " ",
};
