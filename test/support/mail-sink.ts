/** A mail server that counts what reaches it by Message-ID, and tells the test at each step of each conversation. */
import { onTestFinished } from "vitest";
import { createScriptedSmtp, type Peer } from "./scripted-smtp.ts";
import { until } from "./until.ts";

/** Where a conversation stands; each is told before the server goes on. */
export type SinkStep =
  /** Connected and greeted. */
  | "greeted"
  /** MAIL was read, and is not answered. */
  | "mail"
  /** All up to DATA was read, and the 354 has not left. */
  | "data"
  /** A part of the content was read. */
  | "half"
  /** All of the content but its final dot was read, as far as anybody may know. */
  | "no-dot"
  /** The whole message was taken, and nothing is said yet. */
  | "dot"
  /** The 250 has left. */
  | "answered";

/** A message that the server has in whole. */
export interface Copy {
  messageId: string;
  /** The name that the client gave. */
  client: string;
  content: string;
}

/** One conversation, at a step. */
export interface Visit {
  client: string;
  step: SinkStep;
  peer: Peer;
  /** Known from "no-dot" on. */
  messageId: string;
}

/** What the server does at a step: it goes on when this resolves; with "refuse" at "dot" it says 550, with "drop" it resets the connection. */
export type SinkHook = (visit: Visit) => unknown;

type Tell = (step: SinkStep, messageId?: string) => Promise<unknown>;

export interface MailSink {
  readonly port: number;
  readonly copies: readonly Copy[];
  /** How many copies of each Message-ID there are. */
  counts(): Map<string, number>;
  /** What is asked from now on. */
  at(hook: SinkHook): void;
  /** Reads on where a hook made it stop, and resolves when all that clients have left in the network was read. */
  deserted(): Promise<void>;
}

/** How much of the content is read at "half", in bytes: a client whose message is larger than all buffers has not sent all by then. */
const FIRST = 16;

export async function mailSink({ chunking = false }: { chunking?: boolean } = {}): Promise<MailSink> {
  const copies: Copy[] = [];
  let hook: SinkHook = () => undefined;
  const keywords = chunking ? ["PIPELINING", "8BITMIME", "CHUNKING"] : ["PIPELINING", "8BITMIME"];

  async function message(peer: Peer, tell: Tell): Promise<void> {
    await tell("mail");
    await peer.say("250 sender ok\r\n");
    await peer.ok("RCPT");
    const content = await contentOf(peer, tell);
    const messageId = /^Message-ID: (<[^>]*>)/im.exec(content)?.[1] ?? "";
    await tell("no-dot", messageId);
    copies.push({ messageId, client: clientOf(peer), content });
    const isRefused = (await tell("dot", messageId)) === "refuse";
    await peer.say(isRefused ? "550 5.7.1 not this one\r\n" : "250 taken\r\n");
    await tell("answered", messageId);
  }

  const server = await createScriptedSmtp(async (peer) => {
    const tell: Tell = async (step, messageId = "") => {
      const deed = await hook({ client: clientOf(peer), step, peer, messageId });
      if (deed !== "drop") return deed;
      peer.close("reset");
      throw new Error("the server has left");
    };
    await peer.greet(...keywords);
    await tell("greeted");
    for (;;) {
      const line = await peer.line();
      if (line.startsWith("MAIL")) await message(peer, tell);
      else if (line.startsWith("QUIT")) return peer.close();
      else await peer.say("250 ok\r\n");
    }
  });
  onTestFinished(() => server.close());
  return {
    port: server.port,
    copies,
    counts: () => {
      const counts = new Map<string, number>();
      for (const { messageId } of copies) counts.set(messageId, (counts.get(messageId) ?? 0) + 1);
      return counts;
    },
    at: (next) => void (hook = next),
    deserted: async () => {
      for (const socket of server.open) socket.resume();
      await until(() => server.open.size === 0);
    },
  };
}

function clientOf({ lines }: Peer): string {
  return /^EHLO (\S+?)\.example$/.exec(lines[0] ?? "")?.[1] ?? "";
}

/** By DATA or by BDAT (RFC 3030). */
async function contentOf(peer: Peer, tell: Tell): Promise<string> {
  let content = "";
  for (;;) {
    const line = await peer.line();
    const [, size, last] = /^BDAT (\d+)( LAST)?$/.exec(line) ?? [];
    if (size === undefined) {
      await tell("data");
      await peer.say("354 go on\r\n");
      const first = await peer.bytes(FIRST);
      await tell("half");
      return first + (await peer.content());
    }
    if (content === "") await tell("data");
    const first = Math.min(Number(size), FIRST);
    content += await peer.bytes(first);
    if (content.length === first) await tell("half");
    content += await peer.bytes(Number(size) - first);
    if (last !== undefined) return content;
    await peer.say("250 go on\r\n");
  }
}
