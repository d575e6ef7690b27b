#!/usr/bin/env node
/** The `waxseal` command: one file for each subcommand, loaded when it is called. */
import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { describeError, WaxsealError } from "../base/index.ts";
import { ConfigError } from "../config.ts";
import { sendCommand } from "./send-command.ts";
import { hideSqliteWarning } from "./sqlite-warning.ts";

hideSqliteWarning(process);

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const portOption = new Option("-p, --port <port>", "port of the web server (default: 8025)");
const hostOption = new Option("--host <host>", "address to listen on (default: 127.0.0.1)");
const databaseOption = new Option(
  "--database <url>",
  "sqlite:PATH or postgres://... (default: sqlite:.waxseal/waxseal.db)",
);

const program = new Command("waxseal")
  .description("Transactional mail and account activation: signed, sealed, delivered.")
  .version(version)
  .showHelpAfterError("(add --help for what there is)");

program
  .command("dev")
  .description("run the sample site, an inbox that catches its mail, and the worker, on this machine")
  .addOption(portOption)
  .addOption(hostOption)
  .option("--smtp-port <port>", "port of the inbox (default: 1025)")
  .addOption(databaseOption)
  .action(async (options) => (await import("./dev.ts")).dev(options));

program
  .command("serve")
  .description("run the account pages and the worker, for production, and take other programs' mail by SMTP")
  .addOption(portOption)
  .addOption(hostOption)
  .option("--smtp-port <port>", "take mail by SMTP on this port (default: not)")
  .addOption(databaseOption)
  .action(async (options) => (await import("./serve.ts")).serve(options));

program
  .command("worker")
  .description("deliver what is in the outbox, beside a service or an application that enqueues")
  .addOption(databaseOption)
  .action(async (options) => (await import("./worker.ts")).worker(options));

program
  .command("migrate")
  .description("bring the database up to this version's tables, or move everything to another database")
  .addOption(databaseOption)
  .option(
    "--to <url>",
    "an empty database to copy everything to: postgres://USER:PASSWORD@HOST/DATABASE, or sqlite:PATH",
  )
  .option("--force", "of --to: copy although a worker is sending")
  .action(async (options) => (await import("./migrate.ts")).migrateDatabase(options));

program.addCommand(sendCommand());

program
  .command("demo")
  .description("play sign-up, mail, activation and log-in without a browser, and show what happened when")
  .action(async () => (await import("./demo.ts")).demo());

program
  .command("config")
  .description("look at the settings")
  .command("print")
  .description("show each value and where it comes from; secrets are masked")
  .action(async () => (await import("./config-print.ts")).printConfig());

const token = program
  .command("token")
  .description("make, read, explain and re-sign tokens of itsdangerous and django.core.signing");
const formatOption = new Option(
  "-f, --format <format>",
  "timed-jws (default), jws, url-safe-timed, url-safe, timed, plain, django",
);
const saltOption = new Option("--salt <salt>", "what the token is for; default: the format's own");
const algorithmOption = new Option("--algorithm <name>", "of timed-jws and jws (default: HS512)").choices([
  "HS256",
  "HS384",
  "HS512",
]);
const compressOption = new Option("--compress", "of django: compress where that is shorter");
const secretFileOption = new Option(
  "--secret-file <path>",
  "a file with a secret; once for each, oldest first (default: SECRET_KEY)",
).argParser((path, before: readonly string[] = []) => [...before, path]);
const ageOption = new Option("--max-age <seconds>", "refuse an older token (formats with a time)").argParser(seconds);
const shared = [formatOption, saltOption, algorithmOption, secretFileOption];
const tokenCommand = (name: string, description: string, ...options: readonly Option[]): Command => {
  const command = token.command(name).description(description);
  for (const option of [...shared, ...options]) command.addOption(option);
  return command;
};
const stdinNote = "default: standard input";

tokenCommand("dumps", "print the token of a JSON value", compressOption)
  .addOption(new Option("--expires-in <seconds>", "of timed-jws (default: 3600)").argParser(seconds))
  .argument("[json]", stdinNote)
  .action(async (json, options) => (await import("./token.ts")).dumpsToken(json, options));
tokenCommand("loads", "print the value of a token, if it is good", ageOption)
  .argument("[token]", stdinNote)
  .action(async (text, options) => (await import("./token.ts")).loadsToken(text, options));
tokenCommand("inspect", "show what is in a token, and which secret signed it")
  .argument("[token]", stdinNote)
  .action(async (text, options) => (await import("./token.ts")).inspectToken(text, options));
tokenCommand("rotate", "print the token signed by the newest secret, its times unchanged", ageOption, compressOption)
  .argument("[token]", stdinNote)
  .action(async (text, options) => (await import("./token.ts")).rotateToken(text, options));

const suppressions = program.command("suppressions").description("show and change who must not be written to");
const streamOption = new Option("--stream <name>", "of this stream only (default: all)");
const reasonOption = new Option("--reason <reason>", "manual, invalid, bounce, complaint or unsubscribe");
const suppressionCommand = (name: string, description: string): Command =>
  suppressions
    .command(name)
    .description(description)
    .addOption(databaseOption)
    .addOption(streamOption)
    .addOption(reasonOption);

suppressionCommand("list", "show the list, in the order of the addresses")
  .option("--prefix <text>", "only addresses that begin so")
  .option("--limit <count>", "how many (default: 100)")
  .action(async (options) => (await import("./suppressions.ts")).listSuppressions(options));
suppressionCommand("add", "write to these addresses no more (default reason: manual)")
  .argument("<address...>")
  .option("--detail <text>", "for whoever reads the list")
  .option("--days <count>", "for so many days (default: as long as its reason lasts)")
  .action(async (addresses, options) => (await import("./suppressions.ts")).addSuppressions(addresses, options));
suppressionCommand("remove", "write to these addresses again")
  .argument("<address...>")
  .option("--why <text>", "kept in the log")
  .action(async (addresses, options) => (await import("./suppressions.ts")).removeSuppressions(addresses, options));
suppressionCommand("import", "read a CSV file in: our own, or one of SES, SendGrid, Postmark or Mailgun")
  .argument("[file]", stdinNote)
  .action(async (file, options) => (await import("./suppressions.ts")).importSuppressions(file, options));
suppressionCommand("export", "write the list as CSV")
  .argument("[file]", "default: standard output")
  .action(async (file, options) => (await import("./suppressions.ts")).exportSuppressions(file, options));

const outbox = program.command("outbox").description("see what became of messages, and do something about it");
const outboxCommand = (name: string, description: string, ...options: readonly Option[]): Command => {
  const command = outbox.command(name).description(description).addOption(databaseOption);
  for (const option of options) command.addOption(option);
  return command;
};
const stateOption = new Option("--state <state>", "queued, deferred, sent, failed, unknown, held, ...");
const mailerOption = new Option("--mailer <name>", "of this mailer only");
const groupOption = new Option("--group <name>", "of this group only");
const limitOption = new Option("--limit <count>", "how many at the most");
const jsonOption = new Option("--json", "for programs");

outboxCommand(
  "list",
  "show messages, the newest first",
  stateOption,
  mailerOption,
  groupOption,
  limitOption,
  jsonOption,
)
  .option("--to <address>", "to this recipient only")
  .option("--before <id>", "older than this message")
  .action(async (options) => (await import("./outbox.ts")).listOutbox(options));
outboxCommand("show", "show a message, its recipients and its attempts", jsonOption)
  .argument("<id>")
  .action(async (id, options) => (await import("./outbox.ts")).showOutbox(id, options));
outboxCommand(
  "redrive",
  "send again what failed, is unknown, held or suppressed",
  stateOption,
  mailerOption,
  groupOption,
)
  .addOption(limitOption)
  .argument("[id...]", "or --state for all that are in it")
  .action(async (ids, options) => (await import("./outbox.ts")).redriveOutbox(ids, options));
outboxCommand("cancel", "never send what waits")
  .argument("<id...>")
  .action(async (ids, options) => (await import("./outbox.ts")).cancelOutbox(ids, options));
outboxCommand("hold", "keep what waits until it is released")
  .argument("<id...>")
  .action(async (ids, options) => (await import("./outbox.ts")).holdOutbox(ids, options));
outboxCommand("release", "send what is held, or waits for its time, now")
  .argument("<id...>")
  .action(async (ids, options) => (await import("./outbox.ts")).releaseOutbox(ids, options));
outboxCommand("resolve", "close what is unknown, by what you found out")
  .argument("<id...>")
  .requiredOption("--as <outcome>", "sent or failed")
  .action(async (ids, options) => (await import("./outbox.ts")).resolveOutbox(ids, options));

outboxCommand("clean", "delete what need not be kept any longer, as a worker does every hour").action(async (options) =>
  (await import("./housekeeping.ts")).cleanOutbox(options),
);
outboxCommand("vacuum", "give the space of deleted messages back to the disk").action(async (options) =>
  (await import("./housekeeping.ts")).vacuumOutbox(options),
);

const limits = program
  .command("limits")
  .description("see how fast mail may leave and what rests, and let it rest or go on");
const scopeNote = "such as mailer:default, account:163:mac@163.com, domain:qq.com or tenant:acme";
limits
  .command("list")
  .description("show each scope that is limited, rests, or failed lately")
  .addOption(databaseOption)
  .addOption(jsonOption)
  .action(async (options) => (await import("./limits.ts")).listLimits(options));
limits
  .command("pause")
  .description("let a scope rest, whatever servers say; its messages wait")
  .argument("<scope...>", scopeNote)
  .addOption(databaseOption)
  .option("--for <time>", "how long: 30m, 2h, 1d (default: 1h)")
  .option("--why <text>", "for whoever reads the list")
  .action(async (keys, options) => (await import("./limits.ts")).pauseLimits(keys, options));
limits
  .command("resume")
  .description("end a scope's pause, whoever began it, and forget its failures")
  .argument("<scope...>", scopeNote)
  .addOption(databaseOption)
  .action(async (keys, options) => (await import("./limits.ts")).resumeLimits(keys, options));

const apiKey = program
  .command("api-key")
  .description("make, list and revoke the keys by which other programs hand in mail");
const collectText = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

apiKey
  .command("create")
  .description("make a key, and show it this once")
  .argument("<name>", "what you call it, such as the program's name")
  .addOption(databaseOption)
  .addOption(
    new Option(
      "--from <sender>",
      "it may send as: shop@shop.example, *@shop.example; repeatable (default: any)",
    ).argParser(collectText),
  )
  .option("--mailer <name>", "the mailer that sends its mail (default: default)")
  .option("--tenant <name>", "whose mail it is, for limits and figures")
  .option("--per-minute <count>", "messages a minute, to each process (default: no limit)")
  .option("--per-day <count>", "messages a day (default: no limit)")
  .option("--priority <priority>", "critical, high, normal (default) or low, where a message says nothing")
  .option("--allow-critical", "its messages may ask for critical, which overtakes all other mail")
  .option("-q, --quiet", "print the key and nothing else")
  .action(async (name, options) => (await import("./api-key.ts")).createApiKey(name, options));
apiKey
  .command("list")
  .description("show the keys, what they may do, and when they were used last")
  .addOption(databaseOption)
  .action(async (options) => (await import("./api-key.ts")).listApiKeys(options));
apiKey
  .command("revoke")
  .description("end a key; every server refuses it within seconds")
  .argument("<name>")
  .addOption(databaseOption)
  .action(async (name, options) => (await import("./api-key.ts")).revokeApiKey(name, options));

try {
  await program.parseAsync();
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

/** A flag's whole number of seconds. */
function seconds(value: string): number {
  if (/^-?\d{1,10}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("It must be a whole number of seconds.");
}

/** What a person reads when a command fails; a defect of ours, with no code, shows its stack. */
function explain(error: unknown): string {
  if (error instanceof ConfigError)
    return error.problems.map(({ setting, problem }) => `waxseal: ${setting}: ${problem}`).join("\n");
  if (error instanceof WaxsealError) return `waxseal: ${error.message} (${error.code})`;
  return error instanceof Error && error.stack !== undefined
    ? `waxseal: ${error.stack}`
    : `waxseal: ${describeError(error)}`;
}
