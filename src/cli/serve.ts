/** `waxseal serve`: the account pages, the worker and the SMTP port for other programs, with settings that are all given. */
import { createWaxseal, type Waxseal } from "../waxseal.ts";
import { type CommonFlags, loadConfig } from "./load-config.ts";
import { closeOnSignal, stderrLogger } from "./terminal.ts";

export async function serve({ smtpPort, ...flags }: CommonFlags): Promise<void> {
  const { config } = await loadConfig({ ...flags, ...(smtpPort !== undefined && { submissionPort: smtpPort }) });
  const logger = stderrLogger(config.log?.level ?? "info");
  const waxseal = await createWaxseal(config, { logger });
  closeOnSignal(waxseal);
  try {
    await open(waxseal);
  } catch (error) {
    await waxseal.close(); // what is open already would keep the process
    throw error;
  }
}

async function open(waxseal: Waxseal): Promise<void> {
  const server = await waxseal.listen();
  const submission = waxseal.config.submission?.port === undefined ? undefined : await waxseal.listenSubmission();
  waxseal.startWorker();
  console.log(`Waxseal serves ${waxseal.config.siteUrl} at ${server.url}. Ctrl-C stops it.`);
  if (submission === undefined) return;
  const { host, port, tlsPort } = submission;
  const tls = tlsPort === undefined ? "" : `, and by TLS at ${host}:${tlsPort}`;
  console.log(`It takes mail by SMTP at ${host}:${port}${tls}, from programs with a key (waxseal api-key create).`);
}
