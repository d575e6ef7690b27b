/** Sends messages to a server that keeps books, and compares what the client says of each with what is in the books. */
import { expect } from "vitest";
import { type Envelope, SmtpError, type SmtpMode, type SmtpReceipt } from "../../src/smtp/index.ts";
import { type Deed, type Ledger, type LedgerOptions, type LedgerStep, type Plan, serveLedger } from "./ledger-smtp.ts";
import type { Peer } from "./scripted-smtp.ts";

/** What the client said of one message. */
export interface Fate {
  readonly sender: string;
  readonly receipt?: SmtpReceipt;
  readonly error?: SmtpError;
}

export const retry: object = { retryable: true, outcome: "not-sent" };
export const fail: object = { retryable: false, outcome: "not-sent" };
export const unknown: object = { retryable: true, outcome: "unknown" };

/** A message that begins with a header line, so that it may go out in a chunk, and holds what looks like commands. */
export const bytesOf = (sender: string): Buffer =>
  Buffer.from(`X-Id: ${sender}\r\n\r\n.\r\n..dots\r\nMAIL FROM:<eve@example.com>\r\nend\r\n`);

export async function fateOf(
  { pool }: Ledger,
  sender: string,
  { to = ["ann@example.com"], bytes = bytesOf(sender), ...rest }: Partial<Envelope> & { bytes?: Buffer } = {},
): Promise<Fate> {
  try {
    return { sender, receipt: await pool.send({ from: `${sender}@example.com`, to, ...rest }, bytes) };
  } catch (error) {
    if (!(error instanceof SmtpError)) throw error;
    return { sender, error };
  }
}

/** Sends a message from each sender at once. */
export function fatesOf(ledger: Ledger, senders: readonly string[]): Promise<Fate[]> {
  return Promise.all(senders.map((sender) => fateOf(ledger, sender)));
}

export const named = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** Guarantee under test: never "sent" when it was not, never "not sent" when it was, and nothing sent twice. */
export function expectTruth({ taken }: Ledger, fates: readonly Fate[]): void {
  for (const { sender, receipt, error } of fates) {
    const copies = taken.filter((message) => message.sender === sender);
    const recipients = copies.flatMap((copy) => copy.recipients);
    expect(recipients, `each recipient of ${sender} once at most`).toEqual([...new Set(recipients)]);
    if (receipt !== undefined) expect(recipients.toSorted(), sender).toEqual(receipt.accepted.toSorted());
    if (error?.outcome === "not-sent") expect(copies, sender).toEqual([]);
  }
}

/** Ends the pool and waits until the server has no connection left. */
export async function expectAllClosed({ pool, server }: Ledger): Promise<void> {
  await pool.close();
  await expect.poll(() => server.open.size, { interval: 2 }).toBe(0);
}

/** Lets everything that has arrived be read. */
export async function turnOfEvents(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** The senders whose message was said to be sent, in their order. */
export const sentOf = (fates: readonly Fate[]): string[] =>
  fates.flatMap(({ sender, receipt }) => (receipt === undefined ? [] : [sender]));

export const unknownOf = (fates: readonly Fate[]): string[] =>
  fates.flatMap(({ sender, error }) => (error?.outcome === "unknown" ? [sender] : []));

/** The plan that one sender's message meets a fault at one step, each time it comes there. */
export const at = (step: LedgerStep, deed: Deed, sender = "bad"): Plan => {
  return (turn) => (turn.step === step && turn.sender === sender ? deed : undefined);
};

/** Ends the connection, whatever the client has sent since: none of it is answered or taken. */
export async function leave(peer: Peer, how: "end" | "reset" | "silence"): Promise<never> {
  if (how !== "silence") peer.close(how);
  await peer.gone();
  throw new Error("the server has left");
}

export const closes: Deed = ({ peer }) => leave(peer, "end");
export const resets: Deed = ({ peer }) => leave(peer, "reset");
export const stalls: Deed = ({ peer }) => leave(peer, "silence");
/** Says the words, and closes as one who says 421 must. */
export const saysAndCloses = (words: string): Deed => {
  return ({ peer }) => peer.say(words).then(() => leave(peer, "end"));
};

export const says421: Deed = saysAndCloses("421 4.3.2 closing\r\n");

/** What is right for a fault: where the message is alone, and where others are before and behind it. */
export interface Outcomes {
  readonly alone: object;
  readonly amid?: object;
}

/** Outcomes of a connection that is lost before the end of the message, whose last byte has left early by BDAT alone. */
export function lost(mode: SmtpMode, details: object = {}): Outcomes {
  return { alone: { ...retry, ...details }, amid: { ...(mode === "chunk" ? unknown : retry), ...details } };
}

/**
 * Sends "bad", which the plan is for, by itself on a fresh connection, and then as the third of five on a warm one:
 * each time its error is as foretold, the books agree with every fate, and no other message is said not to be sent.
 */
export async function expectOutcome(
  mode: SmtpMode,
  plan: Plan,
  { alone, amid = alone }: Outcomes,
  options: LedgerOptions = {},
): Promise<void> {
  const ledgerOptions = { maxConnections: 1, ...options };
  await Promise.all([
    expectAlone(await serveLedger(mode, plan, ledgerOptions), alone),
    expectAmid(await serveLedger(mode, plan, ledgerOptions), amid, mode),
  ]);
}

async function expectAlone(ledger: Ledger, outcome: object): Promise<void> {
  const fate = await fateOf(ledger, "bad");
  expect(fate.error, "alone").toMatchObject(outcome);
  expectTruth(ledger, [fate]);
  await expectAllClosed(ledger);
}

async function expectAmid(ledger: Ledger, outcome: object, mode: SmtpMode): Promise<void> {
  const fates = [await fateOf(ledger, "warm"), ...(await fatesOf(ledger, ["a", "b", "bad", "c", "d"]))];
  expect(fates[3]?.error, "amid others").toMatchObject(outcome);
  expectTruth(ledger, fates);
  const others = fates.filter(({ sender }) => sender !== "bad");
  // By BDAT those behind it had left in whole when the connection went; in the other modes nothing had.
  expect([...sentOf(others), ...unknownOf(others)].toSorted()).toEqual(["a", "b", "c", "d", "warm"]);
  if (mode !== "chunk") expect(unknownOf(others)).toEqual([]);
  await expectAllClosed(ledger);
}
