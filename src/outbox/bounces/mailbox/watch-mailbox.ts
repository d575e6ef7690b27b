/** Watches a mailbox for what comes back, over lost connections, for as long as the process runs. */
import { backoffMs, type Clock, describeError, type Logger, silentLogger, systemClock } from "../../../base/index.ts";
import { isRefusedLogin, type OpenMailbox, openMailbox } from "./connect-imap.ts";
import { requireImapFlow } from "./imapflow.ts";
import { type BounceMailboxOptions, checkMailboxOptions } from "./mailbox-options.ts";
import { scanMailbox } from "./scan-mailbox.ts";

/** A mailbox that is being watched. */
export interface MailboxWatch extends AsyncDisposable {
  /** Ends it, and waits for what is under way. */
  stop(): Promise<void>;
}

/** After a lost connection. */
const LOST = { baseMs: 5_000, capMs: 5 * 60_000 };
/** After a refused log-in: providers lock accounts that knock too often. */
const REFUSED = { baseMs: 5 * 60_000, capMs: 4 * 3_600_000 };
/** When a message was still being sent. */
const SOON_MS = 5_000;

/**
 * Watches a mailbox by IMAP: for those who have no webhooks, such as users of 163 and QQ.
 *
 * New mail is seen at once where the server has IDLE, else every `everySeconds`. How far it was read is kept in the
 * database. Only mails that are reports on messages of ours are touched, and only as `after` says. Needs the package
 * imapflow. One process is enough; several do no harm.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS`, `WX_OUTBOX_PEER` without imapflow
 * @example
 * const watch = watchBounceMailbox({ bounces, database, host: "imap.163.com", user, password });
 * await watch.stop();
 */
export function watchBounceMailbox(options: BounceMailboxOptions): MailboxWatch {
  checkBounceMailbox(options);
  const ending = new AbortController();
  const running = watch(options, ending.signal);
  const stop = async (): Promise<void> => {
    ending.abort();
    await running;
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

/** Refuses now what `watchBounceMailbox` would refuse later; throws as it does. */
export function checkBounceMailbox(options: BounceMailboxOptions): void {
  checkMailboxOptions(options);
  requireImapFlow();
}

async function watch(options: BounceMailboxOptions, signal: AbortSignal): Promise<void> {
  const { clock = systemClock, logger = silentLogger } = options;
  let failures = 0;
  while (!signal.aborted) {
    try {
      await readUntilLost(options, signal, () => (failures = 0));
    } catch (error) {
      if (!signal.aborted) await clock.sleep(report(error, ++failures, options, logger), signal);
    }
  }
}

/** Says what happened, and how long to wait. */
function report(error: unknown, failures: number, { host, user }: BounceMailboxOptions, logger: Logger): number {
  const refused = isRefusedLogin(error);
  const waitMs = backoffMs(failures, refused ? REFUSED : LOST);
  const seconds = Math.round(waitMs / 1000);
  const advice = refused && {
    advice: "switch IMAP on at the provider, and use its authorization code or app password",
  };
  const event = refused ? "outbox.mailbox-refused" : "outbox.mailbox-lost";
  logger.log(refused ? "error" : "warn", event, {
    host,
    user,
    reason: reasonOf(error),
    nextInSeconds: seconds,
    ...advice,
  });
  return waitMs;
}

/** imapflow says "Command failed", and beside it what the server said. */
function reasonOf(error: unknown): string {
  const said = (error as { responseText?: unknown } | undefined)?.responseText;
  return typeof said === "string" ? said : describeError(error);
}

/** Throws when the connection is lost; returns when it was told to stop. */
async function readUntilLost(options: BounceMailboxOptions, signal: AbortSignal, onGood: () => void): Promise<void> {
  const { clock = systemClock, logger = silentLogger, everySeconds = 60, mailbox: name = "INBOX" } = options;
  const open = await openMailbox(options, signal);
  const news = newMail(open);
  try {
    while (!signal.aborted) {
      news.forget();
      const { looked, reports, early } = await scanMailbox(open, options, signal);
      onGood();
      if (looked > 0)
        logger.log(reports > 0 ? "info" : "debug", "outbox.mailbox-read", { mailbox: name, looked, reports });
      await news.wait(early ? Math.min(SOON_MS, everySeconds * 1000) : everySeconds * 1000, clock, signal, !early);
      if (open.client.isClosed && !signal.aborted) throw new Error("The server closed the connection.");
    }
  } finally {
    open.client.close();
  }
}

/** Wakes who waits, when the server tells of new mail or the connection ends. */
function newMail({ client }: OpenMailbox): {
  forget(): void;
  wait(ms: number, clock: Clock, signal: AbortSignal, byNews: boolean): Promise<void>;
} {
  let told = false;
  let wake = (): void => {};
  client.on("exists", () => {
    told = true;
    wake();
  });
  client.on("close", () => wake());
  return {
    forget: () => (told = false),
    wait: async (ms, clock, signal, byNews) => {
      if ((byNews && told) || client.isClosed) return;
      const woken = new AbortController();
      const end = (): void => woken.abort();
      wake = () => (byNews || client.isClosed ? end() : undefined);
      // By hand: what AbortSignal.any ties to a signal that lives long, Node 20 and 22 keep.
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
      await clock.sleep(ms, woken.signal);
      signal.removeEventListener("abort", end);
      wake = () => {};
    },
  };
}
