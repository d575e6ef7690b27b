/** `waxseal send`: one mail now, or a template to every line of a CSV file. */
import { text as textOf } from "node:stream/consumers";
import { ConfigError, createMailFromConfig, resolveConfig } from "../config.ts";
import { renderTemplate } from "../index.ts";
import { loadConfig } from "./load-config.ts";
import { namedTemplate, type SendFlags } from "./send-flags.ts";
import { encode, green, red } from "./terminal.ts";

const LIST_FLAGS = ["name", "column", "stream", "rate", "limit", "dryRun", "enqueueOnly"] as const;
const SINGLE_FLAGS = ["to", "subject", "text", "set"] as const;

export async function send(flags: SendFlags): Promise<void> {
  const isList = flags.csv !== undefined;
  const foreign = (isList ? SINGLE_FLAGS : LIST_FLAGS).find((flag) => flags[flag] !== undefined);
  if (!isList && flags.to === undefined) {
    throw wrong("--to", "who gets it? Give --to ADDRESS for one mail, or --csv FILE --template NAME for many");
  }
  if (foreign !== undefined) {
    throw wrong(flagName(foreign), isList ? "it is for one mail, without --csv" : "it is for a list, with --csv");
  }
  if (!isList) return sendOne(flags);
  if (flags.template === undefined) throw wrong("--template", "it is missing: which template does the list get?");
  await (await import("./send-list.ts")).sendList({ ...flags, csv: flags.csv ?? "", template: flags.template });
}

/** Sends now, past the outbox: a quick way to see whether a mailer works. */
async function sendOne({ to = "", subject, text, set = {}, template, from, using }: SendFlags): Promise<void> {
  const { config } = await loadConfig();
  // Sending needs neither a secret nor a site.
  const mail = createMailFromConfig(
    resolveConfig(config, { secretKey: "unused-when-only-sending", siteUrl: "http://localhost" }),
  );
  try {
    const body = text === "-" ? await textOf(process.stdin) : text;
    const fields =
      template === undefined
        ? { subject: subject ?? "A test mail from Waxseal", text: body ?? "It works." }
        : await renderTemplate(await namedTemplate(template), set);
    const receipt = await mail.send(
      { ...fields, to: [to], ...(from !== undefined && { from }) },
      using === undefined ? {} : { using },
    );
    if (receipt === undefined) {
      console.log(red("Nobody was left to send to: allowTo keeps this address out."));
      process.exitCode = 2;
      return;
    }
    console.log(
      `${green("Sent")} to ${encode(receipt.accepted.join(", "))} by ${encode(receipt.server)}: ${encode(receipt.response)}`,
    );
  } finally {
    await mail.mailers.close();
  }
}

function flagName(flag: string): string {
  return `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function wrong(setting: string, problem: string): ConfigError {
  return new ConfigError([{ setting, problem }]);
}
