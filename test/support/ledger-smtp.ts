/** A server for every mode that is honest but for what a test's plan says, and that keeps the books of what it truly took. */
import type { SmtpMode, SmtpOptions, SmtpPool } from "../../src/smtp/index.ts";
import { serveScripted } from "./scripted-pool.ts";
import type { Peer, ScriptedSmtp } from "./scripted-smtp.ts";

/**
 * Where the server is: about to answer a command, about to read content ("bdat" and "body"), or about to answer content
 * ("chunk" for a part of it, "final" for the whole).
 */
export type LedgerStep = "rset" | "mail" | "rcpt" | "data" | "bdat" | "body" | "chunk" | "final" | "quit";

export interface Turn {
  readonly step: LedgerStep;
  /** The command that is answered. */
  readonly line: string;
  readonly peer: Peer;
  /** The sender of the transaction, before the "@"; "" outside one. */
  readonly sender: string;
  /** Does what an honest answer would mean: after "final", the message is in the books. */
  take(): void;
}

/** A reply without its line end, which has its effect where its first digit is the one due; or anything else to be done. */
export type Deed = string | ((turn: Turn) => unknown);

/** What goes wrong; undefined where nothing does. */
export type Plan = (turn: Turn) => Deed | undefined;

export interface Taken {
  readonly sender: string;
  readonly recipients: readonly string[];
  /** As a reader gets it: without stuffed dots. */
  readonly content: string;
  readonly connection: number;
}

export interface Ledger {
  readonly pool: SmtpPool;
  readonly server: ScriptedSmtp;
  /** Every message the server took for someone. */
  readonly taken: readonly Taken[];
  /** What came after each 354 up to the dot, as it crossed the wire. */
  readonly wire: readonly string[];
  /** Empties the books, so that a long test's own memory stays flat. */
  forget(): void;
}

/** The keywords that lead a client to each mode. */
const keywordsOf: Readonly<Record<SmtpMode, readonly string[]>> = {
  one: [],
  pipe: ["PIPELINING"],
  chain: ["PIPELINING"],
  chunk: ["PIPELINING", "CHUNKING"],
};

export const allModes: readonly SmtpMode[] = ["one", "pipe", "chain", "chunk"];

/** Settings of the pool, and more of the server. */
export interface LedgerOptions extends Partial<SmtpOptions> {
  /** What it announces beside what the mode needs. Default: 8BITMIME. */
  readonly keywords?: readonly string[];
  /** Done to each connection before anything is said. */
  readonly spoil?: (peer: Peer) => void;
}

/** A pool in `mode` on a server that keeps books; both end with the test. */
export async function serveLedger(
  mode: SmtpMode,
  plan: Plan,
  { keywords = ["8BITMIME"], spoil, ...options }: LedgerOptions = {},
): Promise<Ledger> {
  const books: Books = { taken: [], wire: [] };
  const served = await serveScripted(
    async (peer) => {
      spoil?.(peer);
      await peer.greet(...keywordsOf[mode], ...keywords);
      await new LedgerSession(peer, plan, books).serve();
    },
    { security: "none", pipelining: mode, ...options },
  );
  const forget = (): void => {
    for (const list of [books.taken, books.wire, served.server.conversations]) list.length = 0;
  };
  return { ...served, ...books, forget };
}

interface Books {
  readonly taken: Taken[];
  readonly wire: string[];
}

class LedgerSession {
  readonly #peer: Peer;
  readonly #plan: Plan;
  readonly #books: Books;
  #sender = "";
  #recipients: string[] = [];
  #chunks = "";

  constructor(peer: Peer, plan: Plan, books: Books) {
    this.#peer = peer;
    this.#plan = plan;
    this.#books = books;
  }

  async serve(): Promise<void> {
    for (;;) {
      const line = await this.#peer.line();
      switch (line.slice(0, 4).toUpperCase()) {
        case "RSET":
          await this.#answer("rset", line, "250 2.0.0 forgotten", () => this.#forget());
          break;
        case "MAIL":
          await this.#mail(line);
          break;
        case "RCPT":
          await this.#rcpt(line);
          break;
        case "DATA":
          await this.#data(line);
          break;
        case "BDAT":
          await this.#bdat(line);
          break;
        case "QUIT":
          await this.#answer("quit", line, "221 2.0.0 bye", () => {});
          return this.#peer.close();
        default:
          await this.#peer.say("500 5.5.2 what?\r\n");
      }
    }
  }

  async #mail(line: string): Promise<void> {
    if (this.#sender !== "") return this.#peer.say("503 5.5.1 one at a time\r\n");
    const sender = /<([^@>]*)/.exec(line)?.[1] ?? "";
    await this.#answer("mail", line, "250 2.1.0 sender ok", () => (this.#sender = sender), sender);
  }

  async #rcpt(line: string): Promise<void> {
    if (this.#sender === "") return this.#peer.say("503 5.5.1 who sends this?\r\n");
    const address = /<([^>]*)>/.exec(line)?.[1] ?? "";
    await this.#answer("rcpt", line, "250 2.1.5 recipient ok", () => this.#recipients.push(address));
  }

  async #data(line: string): Promise<void> {
    let isAsked = false;
    const due = this.#recipients.length === 0 ? "554 5.5.1 no valid recipients" : "354 go on";
    await this.#answer("data", line, due, () => (isAsked = due.startsWith("3")));
    if (!isAsked) return;
    if (await this.#misbehaves("body", line)) return;
    const wire = await this.#peer.content();
    this.#books.wire.push(wire);
    // RFC 5321, section 4.5.2: one dot goes from the start of each line.
    await this.#finish(line, wire.replace(/(^|\r\n)\./g, "$1"));
  }

  async #bdat(line: string): Promise<void> {
    if (await this.#misbehaves("bdat", line)) return;
    const [, size = "0", last] = /^BDAT (\d+)( LAST)?$/.exec(line) ?? [];
    if (last !== undefined && (await this.#misbehaves("body", line))) return;
    this.#chunks += await this.#peer.bytes(Number(size));
    if (last !== undefined) await this.#finish(line, this.#chunks);
    else if (this.#recipients.length === 0) await this.#peer.say("554 5.5.1 no valid recipients\r\n");
    else await this.#answer("chunk", line, "250 2.0.0 go on", () => {});
  }

  async #finish(line: string, content: string): Promise<void> {
    const [sender, recipients] = [this.#sender, this.#recipients];
    const isForSomeone = recipients.length > 0;
    const due = isForSomeone ? "250 2.0.0 taken" : "554 5.5.1 no valid recipients";
    const take = (): void => {
      if (isForSomeone) this.#books.taken.push({ sender, recipients, content, connection: this.#peer.index });
    };
    await this.#answer("final", line, due, take);
    this.#forget();
  }

  #forget(): void {
    this.#sender = "";
    this.#recipients = [];
    this.#chunks = "";
  }

  /** Says what is due and does what that means, unless the plan has something else for this turn. */
  async #answer(step: LedgerStep, line: string, due: string, take: () => void, sender = this.#sender): Promise<void> {
    const turn: Turn = { step, line, sender, peer: this.#peer, take };
    const deed = this.#plan(turn) ?? due;
    if (typeof deed !== "string") return void (await deed(turn));
    if (deed[0] === due[0]) take();
    await this.#peer.say(`${deed}\r\n`);
  }

  /** Whether the plan has something in place of reading. */
  async #misbehaves(step: "bdat" | "body", line: string): Promise<boolean> {
    const turn: Turn = { step, line, sender: this.#sender, peer: this.#peer, take: () => {} };
    const deed = this.#plan(turn);
    if (typeof deed === "string") await this.#peer.say(`${deed}\r\n`);
    else await deed?.(turn);
    return deed !== undefined;
  }
}
