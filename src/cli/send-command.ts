/** The flags of `waxseal send`; what it does is loaded when it is called. */
import { Command, InvalidArgumentError, Option } from "commander";

const using = new Option("--using <mailer>", "the mailer that sends (default: default)");
const database = new Option("--database <url>", "sqlite:PATH or postgres://... (default: sqlite:.waxseal/waxseal.db)");

/** `waxseal send`, with `pause`, `resume`, `cancel` and `status` under it. */
export function sendCommand(): Command {
  const send = new Command("send")
    .description("send one mail, or a template to every line of a CSV file")
    .option("--csv <file>", "recipients: a file whose first line names its columns")
    .option("--template <name>", "a folder of templates/ (or a path), with subject.txt, body.txt, body.html")
    .option(
      "--name <run>",
      "what the run is called; the same name goes on with it (default: made of both files' names)",
    )
    .option("--column <name>", "the column of the addresses (default: email, to, address, 邮箱 ...)")
    .option("--stream <name>", "what recipients can unsubscribe from")
    .option("--rate <n/min>", "no more than this, such as 600/min, 10/s or 1000/h", rate)
    .option("--limit <n>", "only the first so many lines", count)
    .option("--dry-run", "check every line, show the first mail, and send nothing")
    .option("--enqueue-only", "leave the sending to a worker (waxseal serve)")
    .option("--to <address>", "send one mail now, without a list")
    .option("--subject <text>", "of the one mail")
    .option("--text <text>", "of the one mail; - for standard input")
    .option("--set <name=value>", "a variable of the one mail's template; once for each", variable)
    .option("--from <address>", "the sender (default: the template's, or DEFAULT_FROM_EMAIL)")
    .addOption(using)
    .addOption(database)
    .action(async (options) => (await import("./send.ts")).send(options));
  for (const [name, description] of [
    ["pause", "hold what a run has not sent yet"],
    ["resume", "let a run go on that was paused"],
    ["cancel", "end a run for good; what was not sent never will be"],
    ["status", "show where a run stands"],
  ] as const) {
    send
      .command(name)
      .description(description)
      .argument("<name>", "what the run is called")
      .addOption(database)
      .action(async (run, _options, command: Command) =>
        (await import("./send-control.ts")).controlRun(name, run, command.optsWithGlobals()),
      );
  }
  return send;
}

function count(value: string): number {
  if (/^[1-9]\d{0,9}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("It must be a whole number above 0.");
}

const MINUTES = { s: 1 / 60, min: 1, m: 1, h: 60 };

/** Messages a minute. */
function rate(value: string): number {
  const { amount, unit = "min" } = /^(?<amount>\d{1,9}(?:\.\d+)?)(?:\/(?<unit>s|min|m|h))?$/.exec(value)?.groups ?? {};
  const perMinute = Number(amount) / MINUTES[unit as keyof typeof MINUTES];
  if (perMinute > 0) return perMinute;
  throw new InvalidArgumentError("Write it as 600/min, 10/s or 1000/h.");
}

function variable(value: string, before: Record<string, string> = {}): Record<string, string> {
  const at = value.indexOf("=");
  if (at > 0) return { ...before, [value.slice(0, at)]: value.slice(at + 1) };
  throw new InvalidArgumentError("Write it as name=value.");
}
