/** A server that says just what a test's script says, byte for byte, for the faults no honest mail server shows. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";

/** The far end of one connection, as the script sees it. */
export interface Peer {
  /** 0 for the first connection, then 1, 2, ... */
  readonly index: number;
  /** Every line the client has sent on this connection. */
  readonly lines: readonly string[];
  /** Sends text exactly as given; resolves once it has left. */
  say(text: string | Uint8Array): Promise<void>;
  /** The client's next line without its CRLF; rejects when the client is gone. */
  line(): Promise<string>;
  /** Says the greeting and answers EHLO with these keywords. */
  greet(...keywords: string[]): Promise<void>;
  /** Answers a command with "250 ok"; `verb`, where given, is what the line must begin with. */
  ok(verb?: string): Promise<string>;
  /** Takes one message from MAIL to the dot (one recipient), and returns its content, still dot-stuffed. */
  message(finalReply?: string): Promise<string>;
  /** Everything up to the dot. */
  content(): Promise<string>;
  /** The next so many bytes. */
  bytes(count: number): Promise<string>;
  /** Whether the client has sent more than was read. */
  hasMore(): boolean;
  /** Answers the handshake of a client that was told to start one. */
  secure(pair: { key: string; cert: string }): Promise<void>;
  /** Closes in good order, or by a reset. */
  close(how?: "end" | "reset"): void;
  /** Resolves when the client has gone. */
  gone(): Promise<void>;
  /** Stops taking in what the client sends. */
  stopReading(): void;
}

export interface ScriptedSmtp {
  readonly port: number;
  /** What each connection's client sent, line by line. */
  readonly conversations: string[][];
  /** How many bytes all clients have sent. */
  readonly received: { bytes: number };
  /** The connections that are open. */
  readonly open: ReadonlySet<Socket>;
  /** Drops every connection. */
  close(): Promise<void>;
}

/** Starts the server on a free port of 127.0.0.1; `script` runs once for each connection and may throw when the client goes. */
export async function createScriptedSmtp(script: (peer: Peer) => Promise<void>): Promise<ScriptedSmtp> {
  const sockets = new Set<Socket>();
  const conversations: string[][] = [];
  const received = { bytes: 0 };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true).on("close", () => sockets.delete(socket));
    const peer = makePeer(socket, conversations.length, received);
    conversations.push(peer.lines as string[]);
    // A script whose client has gone has nothing more to do.
    script(peer).catch(() => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    conversations,
    received,
    open: sockets,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function makePeer(raw: Socket, index: number, received: { bytes: number }): Peer {
  let socket: Socket = raw;
  let buffer = "";
  let isGone = false;
  let wake = (): void => {};
  const lines: string[] = [];
  const onData = (bytes: Buffer): void => {
    received.bytes += bytes.length;
    buffer += bytes.toString("latin1");
    wake();
  };
  const onGone = (): void => {
    isGone = true;
    wake();
  };
  const listen = (): void => {
    socket.on("data", onData).on("error", onGone).on("close", onGone);
  };
  listen();

  const until = async <T>(attempt: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = attempt();
      if (found !== undefined) return found;
      if (isGone) throw new Error("the client has gone");
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  const cut = (mark: string): string | undefined => {
    const at = buffer.indexOf(mark);
    if (at === -1) return undefined;
    const text = buffer.slice(0, at);
    buffer = buffer.slice(at + mark.length);
    return text;
  };
  const peer: Peer = {
    index,
    lines,
    say: (text) => new Promise((resolve, reject) => socket.write(text, (error) => (error ? reject(error) : resolve()))),
    line: async () => {
      const text = await until(() => cut("\r\n"));
      lines.push(text);
      return text;
    },
    greet: async (...keywords) => {
      await peer.say("220 scripted ready\r\n");
      await peer.line();
      const all = ["scripted", ...keywords];
      await peer.say(all.map((keyword, at) => `250${at === all.length - 1 ? " " : "-"}${keyword}\r\n`).join(""));
    },
    ok: async (verb = "") => {
      const text = await peer.line();
      if (!text.startsWith(verb)) throw new Error(`expected ${verb}, got ${text}`);
      await peer.say("250 ok\r\n");
      return text;
    },
    message: async (finalReply = "250 2.0.0 taken\r\n") => {
      await peer.ok("MAIL");
      await peer.ok("RCPT");
      await peer.line();
      await peer.say("354 go on\r\n");
      const content = await peer.content();
      await peer.say(finalReply);
      return content;
    },
    content: async () => {
      const isEnd = (): boolean => buffer.startsWith(".\r\n");
      return until(() => (isEnd() ? cut(".\r\n") : cut("\r\n.\r\n")?.concat("\r\n")));
    },
    bytes: (count) =>
      until(() => {
        if (buffer.length < count) return undefined;
        const text = buffer.slice(0, count);
        buffer = buffer.slice(count);
        return text;
      }),
    hasMore: () => buffer !== "",
    secure: async ({ key, cert }) => {
      socket.off("data", onData).off("close", onGone);
      socket = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ key, cert }) });
      listen();
      await once(socket, "secure");
    },
    close: (how = "end") => (how === "end" ? socket.end() : socket.resetAndDestroy()),
    gone: async () => {
      await until(() => (isGone ? true : undefined));
    },
    stopReading: () => void socket.pause(),
  };
  return peer;
}
