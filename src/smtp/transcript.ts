/** What was said on one connection, without secrets, and the errors that quote it. */
import { type SmtpErrorCode, SmtpError, type SmtpRefusal, type SmtpStage } from "./errors.ts";
import { diagnose } from "./diagnosis/diagnose.ts";
import { diagnosisOfKind, type FaultKind } from "./diagnosis/fault-kinds.ts";
import type { SmtpDiagnosis, SmtpExplainer } from "./diagnosis/rule.ts";
import { clip } from "./quote.ts";
import { formatReply, isRetryable, type RawReply, type SmtpReply } from "./reply.ts";
import { Secrets } from "./secrets.ts";

/** A connection may live for many messages; only its latest lines explain an error. */
const MAX_LINES = 100;
const MAX_LINE_LENGTH = 500;

/** What went wrong, before it is known at which step it will surface. */
export interface Fault {
  code: SmtpErrorCode;
  /** One sentence, without its full stop: what happened, with the server's words. */
  what: string;
  /** One sentence, without its full stop: what to do. */
  advice: string;
  retryable: boolean;
  /** The cause, where it is one of the usual ones. */
  kind?: FaultKind | undefined;
  reply?: SmtpReply;
  cause?: unknown;
}

/** What became of a message that met a fault. */
export interface Fate {
  readonly outcome?: "not-sent" | "unknown";
  /** The recipients refused before. */
  readonly rejected?: readonly SmtpRefusal[];
}

/** Commands of ours, a reply, or so many bytes of a message: kept as they are, and made text only for an error. */
type Entry = string | RawReply | number;

export class Transcript {
  readonly server: string;
  readonly secrets: Secrets = new Secrets();
  /** A ring: the next entry goes to `#next`. */
  readonly #entries: Entry[] = [];
  #next = 0;
  readonly #explain: SmtpExplainer;

  /** @param explain Knows what the words of this server mean, where it does. */
  constructor(server: string, explain: SmtpExplainer = () => undefined) {
    this.server = server;
    this.#explain = explain;
  }

  /** Records a line of ours, or several, each of which may end in CRLF. The caller passes them without secrets. */
  sent(lines: string): void {
    this.#add(lines);
  }

  /** Records that so much of a message was sent. */
  sentContent(bytes: number): void {
    this.#add(bytes);
  }

  /** Records a reply. */
  received(reply: RawReply): void {
    this.#add(reply);
  }

  /** The words of a reply, without secrets. */
  read(reply: RawReply): SmtpReply {
    return this.secrets.hideIn(reply.read());
  }

  /** The error for a fault that surfaced at `stage`, and what became of the message if that is not plain. */
  error(stage: SmtpStage, fault: Fault, fate: Fate = {}): SmtpError {
    const { rejected = [], outcome = "not-sent" } = fate;
    const isUnknown = outcome === "unknown";
    const explained = isUnknown ? undefined : this.#explain({ ...fault, stage });
    const rest = isUnknown
      ? "Whether the server took the message is not known: sending it again may deliver it twice."
      : explained === undefined
        ? `${fault.advice}.`
        : `${explained.meaning.en} ${explained.advice.en}`;
    return new SmtpError(fault.code, this.secrets.hide(`${fault.what}. ${rest}`), {
      ...fault,
      diagnosis: isUnknown ? undefined : (explained ?? this.#diagnosisOf(fault)),
      stage,
      outcome,
      server: this.server,
      transcript: this.#lines(),
      rejected: [...rejected],
    });
  }

  /** Of a fault whose cause is known, what it says of itself and the same in Chinese. */
  #diagnosisOf({ kind, what, advice }: Fault): SmtpDiagnosis | undefined {
    if (kind === undefined) return undefined;
    return diagnosisOfKind(kind, { meaning: `${this.secrets.hide(what)}.`, advice: `${advice}.` });
  }

  /** What the server said of one recipient. */
  recipientRefusal(stage: SmtpStage, address: string, raw: RawReply): SmtpRefusal {
    const reply = this.read(raw);
    const failure = { code: "WX_SMTP_REFUSED", stage, reply } as const;
    const diagnosis = this.#explain(failure) ?? diagnose(failure);
    return { address, reply, retryable: diagnosis.retryable ?? isRetryable(reply, "recipient"), diagnosis };
  }

  #add(entry: Entry): void {
    this.#entries[this.#next] = entry;
    this.#next = (this.#next + 1) % MAX_LINES;
  }

  #lines(): string[] {
    const inOrder = [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)];
    const lines = inOrder.flatMap((entry) => {
      if (typeof entry === "number") return [`C: (${entry} bytes of message)`];
      if (typeof entry === "string")
        return entry
          .replace(/\r\n$/, "")
          .split("\r\n")
          .map((line) => `C: ${line}`);
      return [`S: ${formatReply(this.read(entry))}`];
    });
    return lines.slice(-MAX_LINES).map((line) => clip(line, MAX_LINE_LENGTH));
  }
}
