/** An SMTP server for tests that catches mail and lets a test wait for it, without polling. */
import { findUnknownOption } from "../base/index.ts";
import { type InboxMail, listenInbox } from "../inbox/index.ts";
import { TestingError } from "./errors.ts";

/** What a waited-for mail must be like; what is not given may be anything. */
export interface MailPattern {
  /** An address of the envelope, compared whatever the case. */
  to?: string;
  /** A part of the subject, or a pattern for it. */
  subject?: string | RegExp;
}

/** How long a test is ready to wait. */
export interface WaitOptions {
  /** How long to wait, in milliseconds. Default 5000. */
  timeoutMs?: number;
}

/** A mailbox that takes any mail. */
export interface TestMailbox extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /**
   * The first mail of this kind, from those that have come and those to come.
   *
   * @throws TestingError `WX_TEST_NO_MAIL` when none comes in time; it lists what did come
   */
  waitFor(pattern?: MailPattern, options?: WaitOptions): Promise<InboxMail>;
  /** All that has come, oldest first. */
  mails(): Promise<InboxMail[]>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a mailbox on a port of this machine, a free one unless `port` says which.
 *
 * @throws InboxError `WX_INBOX_LISTEN` when that port is in use; TestingError `WX_TEST_OPTION`
 * @example
 * await using mailbox = await listenMailbox();
 * const mail = await mailbox.waitFor({ to: "ann@example.com", subject: /activate/i });
 * const link = findLink(mail, "/user/active/");
 */
export async function listenMailbox(options: { port?: number } = {}): Promise<TestMailbox> {
  const unknown = findUnknownOption(options, ["port"]);
  if (unknown !== undefined) {
    throw new TestingError("WX_TEST_OPTION", `listenMailbox has no option ${unknown.name}. ${unknown.hint}`);
  }
  const inbox = await listenInbox({ port: options.port ?? 0 });
  const close = (): Promise<void> => inbox.close();

  async function mails(): Promise<InboxMail[]> {
    const summaries = await inbox.list({ limit: Number.MAX_SAFE_INTEGER });
    const found = await Promise.all(summaries.toReversed().map(({ id }) => inbox.get(id)));
    return found.filter((mail) => mail !== undefined);
  }

  async function waitFor(pattern: MailPattern = {}, { timeoutMs = 5_000 }: WaitOptions = {}): Promise<InboxMail> {
    let wake: () => void = () => {};
    const unsubscribe = inbox.subscribe(() => wake());
    const deadline = AbortSignal.timeout(timeoutMs);
    deadline.addEventListener("abort", () => wake(), { once: true });
    try {
      for (;;) {
        const next = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const all = await mails();
        const found = all.find((mail) => fits(mail, pattern));
        if (found !== undefined) return found;
        if (deadline.aborted) throw noMail(pattern, timeoutMs, all);
        await next;
      }
    } finally {
      unsubscribe();
    }
  }

  return {
    host: inbox.host,
    port: inbox.port,
    waitFor,
    mails,
    clear: () => inbox.clear(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * The first link of a mail's text (else its HTML) that has `part` in it; undefined when there is none.
 *
 * @example
 * const token = new URL(findLink(mail, "/user/active/") ?? "").pathname.split("/").at(-1);
 */
export function findLink(mail: Pick<InboxMail, "text" | "html">, part = ""): string | undefined {
  const links = `${mail.text}\n${mail.html.replaceAll("&amp;", "&")}`.match(/https?:\/\/[^\s"'<>)]+/g) ?? [];
  return links.find((link) => link.includes(part));
}

function fits(mail: InboxMail, { to, subject }: MailPattern): boolean {
  const toFits = to === undefined || mail.envelopeTo.some((address) => address.toLowerCase() === to.toLowerCase());
  const subjectFits =
    subject === undefined ||
    (typeof subject === "string" ? mail.subject.includes(subject) : subject.test(mail.subject));
  return toFits && subjectFits;
}

function noMail({ to, subject }: MailPattern, timeoutMs: number, all: readonly InboxMail[]): TestingError {
  const wanted =
    [to && `to ${to}`, subject && `with the subject ${String(subject)}`].filter(Boolean).join(" ") || "at all";
  const came = all.map((mail) => `"${mail.subject}" to ${mail.envelopeTo.join(", ")}`).join("; ") || "nothing";
  return new TestingError("WX_TEST_NO_MAIL", `No mail ${wanted} came within ${timeoutMs} ms. What came: ${came}.`);
}
