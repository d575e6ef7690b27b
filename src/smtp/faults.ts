/** The faults that any step can meet, each with what happened and what to do about it. */
import type { SmtpStage } from "./errors.ts";
import { diagnose } from "./diagnosis/diagnose.ts";
import type { FaultKind } from "./diagnosis/fault-kinds.ts";
import { clip, quoted, showable } from "./quote.ts";
import { formatReply, isRetryable, type SmtpReply } from "./reply.ts";
import type { NotAReply } from "./reply-reader.ts";
import type { Fault } from "./transcript.ts";

/** Each step in words: "... while we were `doing`" and "... answered `subject` with". */
const STEPS: Record<SmtpStage, { doing: string; subject: string }> = {
  connect: { doing: "connecting", subject: "the connection" },
  tls: { doing: "making the TLS connection", subject: "the connection" },
  greeting: { doing: "waiting for its greeting", subject: "the connection" },
  ehlo: { doing: "introducing ourselves (EHLO)", subject: "our introduction (EHLO)" },
  starttls: { doing: "asking for TLS (STARTTLS)", subject: "STARTTLS" },
  auth: { doing: "logging in", subject: "the log-in" },
  mail: { doing: "naming the sender (MAIL)", subject: "the sender (MAIL)" },
  rcpt: { doing: "naming a recipient (RCPT)", subject: "the recipient (RCPT)" },
  data: { doing: "announcing the message (DATA)", subject: "DATA" },
  content: { doing: "sending the message", subject: "the unfinished message" },
  final: { doing: "waiting for the message to be acknowledged", subject: "the message" },
  quit: { doing: "saying goodbye", subject: "QUIT" },
};

const TRY_LATER = "Try again later";
const MAYBE_TLS = `If this port expects TLS from the first byte (as 465 does), set security to "tls"; otherwise try again later`;

export function timeoutFault(server: string, stage: SmtpStage, deadline: { ms: number; setting: string }): Fault {
  return {
    code: "WX_SMTP_TIMEOUT",
    what: `${server} kept us waiting for more than ${deadline.ms} ms (${deadline.setting}) while we were ${STEPS[stage].doing}`,
    advice: stage === "greeting" ? MAYBE_TLS : TRY_LATER,
    kind: stage === "greeting" ? "no-greeting" : undefined,
    retryable: true,
  };
}

/** The connection is gone: closed by the server where there is no cause. */
export function lostFault(server: string, stage: SmtpStage, cause?: Error): Fault {
  const what = cause === undefined ? "closed the connection" : `broke the connection (${showable(cause.message)})`;
  return {
    code: "WX_SMTP_LOST",
    what: `${server} ${what} while we were ${STEPS[stage].doing}`,
    advice: stage === "greeting" ? MAYBE_TLS : TRY_LATER,
    kind: stage === "greeting" ? "no-greeting" : undefined,
    retryable: true,
    cause,
  };
}

/** What else may listen on a port, by how it begins. */
const OTHER_PROTOCOLS: readonly { start: RegExp; is: string; advice: string; kind: FaultKind }[] = [
  {
    // A record of TLS: an alert, or a handshake.
    start: /^[\x14-\x17]\x03/,
    kind: "plain-to-tls-port",
    is: "spoke TLS where plain text was expected",
    advice: `This port expects TLS from the first byte: set security to "tls"`,
  },
  {
    start: /^HTTP\//,
    kind: "not-a-mail-server",
    is: "is a web server (HTTP)",
    advice: "Set port to that of mail submission: 465 or 587",
  },
  {
    start: /^SSH-/,
    kind: "not-a-mail-server",
    is: "is an SSH server",
    advice: "Set port to that of mail submission: 465 or 587",
  },
  {
    start: /^\* (?:OK|PREAUTH|BYE)\b/,
    kind: "mail-reading-server",
    is: "is a server for reading mail (IMAP)",
    advice: "Set host and port to the provider's SMTP server: 465 or 587",
  },
  {
    start: /^(?:\+OK|-ERR)\b/,
    kind: "mail-reading-server",
    is: "is a server for reading mail (POP3)",
    advice: "Set host and port to the provider's SMTP server: 465 or 587",
  },
];

/** The server said what is not SMTP. `mayQuote` is false once a secret was sent, which it might repeat. */
export function notAReplyFault(server: string, error: NotAReply, mayQuote: boolean): Fault {
  const other = OTHER_PROTOCOLS.find(({ start }) => start.test(error.start));
  const isText = other === undefined || !error.looksLikeTls;
  const quote = mayQuote && isText && error.start !== "" ? `: ${quoted(clip(error.start, 60))}` : "";
  return {
    code: "WX_SMTP_PROTOCOL",
    what: `${server} ${other?.is ?? error.message}${quote}`,
    kind: other?.kind,
    advice: other?.advice ?? "Check that host and port are those of a mail submission server",
    retryable: true,
  };
}

/** The server spoke out of turn, so no later reply could be trusted to belong to its command. */
export function outOfStepFault(server: string, when: string): Fault {
  return {
    code: "WX_SMTP_PROTOCOL",
    what: `${server} sent a reply ${when}; the connection was dropped`,
    advice: "Try again later, and if it happens again look for a proxy or mail scanner on the way",
    retryable: true,
  };
}

export function abortedFault(server: string, cause: unknown): Fault {
  return {
    code: "WX_SMTP_ABORTED",
    what: `The caller's signal stopped the conversation with ${server}`,
    advice: "Send it again if it is still wanted",
    retryable: true,
    cause,
  };
}

/** The server answered no, or with a code that makes no sense there. */
export function refusedFault(server: string, stage: SmtpStage, reply: SmtpReply): Fault {
  const answer = `${server} answered ${STEPS[stage].subject} with "${formatReply(reply)}"`;
  if (reply.code < 400) {
    const advice = "The server does not follow SMTP there; try again later or use another server";
    return { code: "WX_SMTP_PROTOCOL", what: answer, advice, retryable: true, reply };
  }
  const retryable = isRetryable(reply, stage === "rcpt" ? "recipient" : "other");
  const { meaning, advice } = diagnose({ code: "WX_SMTP_REFUSED", stage, reply });
  const explained = `${meaning.en} ${advice.en}`.replace(/\.$/, "");
  return { code: "WX_SMTP_REFUSED", what: answer, advice: explained, retryable, reply };
}
