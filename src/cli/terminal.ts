/** What the commands print, and how they end. */
import { type PinoShaped, pinoLogger, type Logger } from "../base/index.ts";
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
