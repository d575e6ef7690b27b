#!/usr/bin/env node
/** The `waxseal` command: one file for each subcommand, loaded when it is called. */
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { describeError, WaxsealError } from "../base/index.ts";
import { ConfigError } from "../config.ts";
import { hideSqliteWarning } from "./sqlite-warning.ts";

hideSqliteWarning(process);

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const portOption = new Option("-p, --port <port>", "port of the web server (default: 8025)");
const hostOption = new Option("--host <host>", "address to listen on (default: 127.0.0.1)");
const databaseOption = new Option("--database <url>", "sqlite:PATH (default: sqlite:.waxseal/waxseal.db)");

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
  .description("run the account pages and the worker, for production")
  .addOption(portOption)
  .addOption(hostOption)
  .addOption(databaseOption)
  .action(async (options) => (await import("./serve.ts")).serve(options));

program
  .command("migrate")
  .description("bring the database up to this version's tables")
  .addOption(databaseOption)
  .action(async (options) => (await import("./migrate.ts")).migrateDatabase(options));

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

try {
  await program.parseAsync();
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
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
