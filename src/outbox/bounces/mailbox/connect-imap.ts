/** A connection to an IMAP server, logged in, with the mailbox opened. */
import type { ImapFlow, MailboxObject } from "imapflow";
import { loadImapFlow } from "./imapflow.ts";
import type { BounceMailboxOptions } from "./mailbox-options.ts";

/** An open mailbox. */
export interface OpenMailbox {
  client: ImapFlow;
  mailbox: MailboxObject;
}

/** IDLE begins so soon after the last command. */
const IDLE_AFTER_MS = 1000;

/**
 * NetEase (163, 126, yeah.net) refuses to open a mailbox to a client that has not said who it is by ID (RFC 2971), as
 * an "unsafe login". imapflow sends it to every server that knows the command.
 */
const clientInfo = { name: "waxseal", vendor: "waxseal", version: "1" };

/** `signal` closes the connection at any time. @throws OutboxError `WX_OUTBOX_PEER` without imapflow; whatever the server or the network says */
export async function openMailbox(options: BounceMailboxOptions, signal: AbortSignal): Promise<OpenMailbox> {
  const { host, user, password, accessToken, security = "tls", tls = {}, mailbox = "INBOX", after = "keep" } = options;
  const token = typeof accessToken === "function" ? await accessToken() : accessToken;
  const { ImapFlow: Client } = await loadImapFlow();
  const client = new Client({
    host,
    port: options.port ?? (security === "tls" ? 993 : 143),
    secure: security === "tls",
    ...(security !== "tls" && { doSTARTTLS: security === "starttls" }),
    tls,
    auth: { user, ...(token === undefined ? { pass: password } : { accessToken: token }) },
    clientInfo,
    logger: false,
    autoIdleDelay: IDLE_AFTER_MS,
    // What is not used cannot go wrong.
    disableCompression: true,
    disableAutoEnable: true,
    disableIMAP4rev2: true,
    // No mail is fetched beyond 2 MiB.
    maxLiteralSize: 8 * 1024 * 1024,
    connectionTimeout: 30_000,
    socketTimeout: 5 * 60_000,
  });
  // The end of the connection is seen by "close"; without a listener, Node would end the process.
  client.on("error", () => {});
  const cut = (): void => client.close();
  signal.addEventListener("abort", cut, { once: true });
  client.once("close", () => signal.removeEventListener("abort", cut));
  try {
    signal.throwIfAborted();
    await client.connect();
    return { client, mailbox: await client.mailboxOpen(mailbox, { readOnly: after === "keep" }) };
  } catch (error) {
    client.close();
    throw error;
  }
}

/** Whether the server refused user and password, and not just the moment. */
export function isRefusedLogin(error: unknown): boolean {
  return typeof error === "object" && error !== null && "authenticationFailed" in error;
}
