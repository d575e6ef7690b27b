/** The SMTP port for other programs, from its settings. */
import { readFileSync } from "node:fs";
import { type Clock, describeError, type Logger } from "../base/index.ts";
import { ConfigError, listenError, type SubmissionConfig } from "../config.ts";
import type { Database } from "../db/index.ts";
import type { Post } from "./post.ts";

/** An open submission server. */
export interface SubmissionServer {
  host: string;
  port: number;
  /** The port on which TLS begins at once; undefined where there is none. */
  tlsPort: number | undefined;
  /** Takes no more, lets messages under way be stored, and closes. */
  close(): Promise<void>;
}

interface Surroundings {
  database: Database;
  post: Post;
  /** Takes unsubscriptions by mail. */
  mailto?: string | undefined;
  clock: Clock;
  logger: Logger;
}

/** RFC 6409. */
const SUBMISSION_PORT = 587;

export async function openSubmission(
  settings: SubmissionConfig,
  { database, post, mailto, clock, logger }: Surroundings,
): Promise<SubmissionServer> {
  const { host = "127.0.0.1", port = SUBMISSION_PORT, tlsPort } = settings;
  const { allowPlaintextAuth, maxMessageBytes, name } = settings;
  const tls = certificateOf(settings);
  const { mail, outbox, returns, links } = post;
  // Loaded here, as only those who listen need it.
  const [{ createApiKeys, createSubmission, outboxDeliver, SubmissionError }, { bounceMailbox }] = await Promise.all([
    import("../inbox/index.ts"),
    import("../outbox/index.ts"),
  ]);
  const submission = createSubmission({
    database,
    clock,
    logger,
    keys: createApiKeys({ database, clock, logger }),
    deliver: outboxDeliver({ mail, enqueue: outbox.enqueue }),
    unsubscribe: { urlFor: links.urlFor, mailto },
    ...(tls !== undefined && { tls }),
    ...(returns.takesMail && { bounces: bounceMailbox(returns.bounces) }),
    ...(allowPlaintextAuth !== undefined && { allowPlaintextAuth }),
    ...(maxMessageBytes !== undefined && { maxMessageBytes }),
    ...(name !== undefined && { name }),
  });
  try {
    const opened = await submission.listen({ host, port, tlsPort });
    return { ...opened, close: () => submission.close() };
  } catch (error) {
    if (!(error instanceof SubmissionError) || error.code !== "WX_SUBMISSION_LISTEN") throw error;
    const change = "--smtp-port (or WAXSEAL_SUBMISSION_PORT)";
    throw listenError(error.cause, { setting: "submission.port", host, port, change });
  }
}

/** Both files, or neither: the settings are checked for it. */
function certificateOf({ certFile, keyFile }: SubmissionConfig): { cert: string; key: string } | undefined {
  if (certFile === undefined || keyFile === undefined) return undefined;
  return { cert: readPem(certFile, "submission.certFile"), key: readPem(keyFile, "submission.keyFile") };
}

function readPem(file: string, setting: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError([{ setting, problem: `the file cannot be read: ${describeError(error)}` }]);
  }
}
