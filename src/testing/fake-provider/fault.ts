/** What a fake provider does wrong, where, and how often. */
import { findUnknownOption, hintFor } from "../../base/index.ts";
import { TestingError } from "../errors.ts";

/** The steps at which a fault may stand; "content" is while the message comes in, "final" the answer to all of it. */
export type FakeStage =
  | "greeting"
  | "ehlo"
  | "starttls"
  | "auth"
  | "mail"
  | "rcpt"
  | "data"
  | "content"
  | "final"
  | "quit";

/** Where a conversation stands. */
export interface FakeContext {
  /** 1 for the first connection. */
  readonly connection: number;
  /** 1 for the first message of this connection; 0 before its MAIL. */
  readonly message: number;
  /** The client's line, where one is answered; without what is secret in it. */
  readonly line: string;
  /** Who is logged in; empty for nobody. */
  readonly user: string;
  readonly from: string;
  readonly to: readonly string[];
}

/** A fault. What is not given is done as ever; a fault with nothing but `at` does nothing. */
export interface FakeFault {
  readonly at: FakeStage;
  /** What is said instead, such as "451 4.7.1 Try later"; several lines with "\n" between them, each with its code. */
  readonly reply?: string | undefined;
  /** What is said instead, byte for byte: with its line end, or without. */
  readonly bytes?: Uint8Array | undefined;
  /** Ends the connection, after `reply` or `bytes` if given and else without a word: in good order, or by a reset. */
  readonly close?: "fin" | "rst" | undefined;
  /** Waits before it answers, in milliseconds. */
  readonly delayMs?: number | undefined;
  /** Sends the answer byte by byte, so many milliseconds apart. */
  readonly dripMs?: number | undefined;
  /** Never answers, and reads no further. */
  readonly stall?: boolean | undefined;
  /** How often. Default: each time. */
  readonly times?: number | undefined;
  /** Only where this says so. */
  readonly when?: ((context: FakeContext) => boolean) | undefined;
}

const STAGES = {
  greeting: true,
  ehlo: true,
  starttls: true,
  auth: true,
  mail: true,
  rcpt: true,
  data: true,
  content: true,
  final: true,
  quit: true,
} satisfies Record<FakeStage, true>;

const FIELDS = {
  at: true,
  reply: true,
  bytes: true,
  close: true,
  delayMs: true,
  dripMs: true,
  stall: true,
  times: true,
  when: true,
} satisfies Record<keyof FakeFault, true>;

/** Refuses a misspelt fault, which would never happen: the test that waits for it would pass for no reason. */
function checkFault(fault: FakeFault): void {
  const unknown = findUnknownOption(fault, Object.keys(FIELDS));
  if (unknown !== undefined) {
    throw new TestingError("WX_TEST_OPTION", `A fault has no field ${unknown.name}. ${unknown.hint}`);
  }
  if (Object.hasOwn(STAGES, fault.at)) return;
  const hint = hintFor(String(fault.at), Object.keys(STAGES));
  throw new TestingError("WX_TEST_OPTION", `No fault can be at ${JSON.stringify(fault.at)}. ${hint}`);
}

/** The faults of one server, counted down as they happen. */
export class FaultPlan {
  readonly #left: { fault: FakeFault; times: number }[];

  constructor(faults: readonly FakeFault[]) {
    this.#left = [];
    for (const fault of faults) this.add(fault);
  }

  /** Adds one while the server runs; @throws TestingError WX_TEST_OPTION */
  add(fault: FakeFault): void {
    checkFault(fault);
    this.#left.push({ fault, times: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#left.length = 0;
  }

  /** The fault that happens now, if one does; it is counted. */
  take(at: FakeStage, context: FakeContext): FakeFault | undefined {
    const found = this.#left.find(
      ({ fault, times }) => fault.at === at && times > 0 && (fault.when?.(context) ?? true),
    );
    if (found !== undefined) found.times -= 1;
    return found?.fault;
  }
}
