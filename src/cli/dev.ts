/** `waxseal dev`: the sample site, the inbox and the worker on this machine. */
import { startDevelopment } from "../development.ts";
import { type CommonFlags, loadConfig } from "./load-config.ts";
import { bold, closeOnSignal, dim, terminalLogger } from "./terminal.ts";

export async function dev(flags: CommonFlags): Promise<void> {
  const { config } = await loadConfig(flags);
  // A person reads this terminal: what goes as it should is in the pages, and only what does not is said here.
  const logger = terminalLogger(config.log?.level ?? "warn");
  const development = await startDevelopment(config, { logger });
  closeOnSignal(development);
  const { waxseal, url, inboxUrl, smtpAddress, catchesMail } = development;
  const mailer = waxseal.config.mailers["default"];
  const way = mailer !== undefined && "host" in mailer ? mailer.host : "the configured backend";
  console.log(
    [
      "",
      `  ${bold("Waxseal")} is running. Sign up, get the mail, activate, log in:`,
      "",
      `  Sign up  ${bold(`${url}/user/register`)}`,
      `  Inbox    ${bold(inboxUrl)}   ${dim(catchesMail ? "every mail is caught here" : "only mail sent to the port below")}`,
      `  SMTP     ${smtpAddress}   ${dim(catchesMail ? "other programs may send here too" : `mail of this site goes out through ${way}`)}`,
      `  Data     ${waxseal.config.databaseUrl.replace(/^sqlite:/, "")}`,
      "",
      `  ${dim("Ctrl-C stops it.")}`,
    ].join("\n"),
  );
}
