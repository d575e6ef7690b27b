/** An SMTP server that misbehaves by plan and keeps the books: what it truly took is known, whatever it said. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** What goes wrong at one reply, instead of the reply that is due. */
export type ModelFault = "close" | "reset" | "421" | "451" | "554" | "354" | "extra" | "last-words";

export interface ModelPlan {
  keywords: readonly string[];
  /** How MAIL is answered when more came in the same piece. */
  onGroup: "takes" | "503" | "close" | "500 and close";
  /** How MAIL is answered when it came in the same piece as the end of a message. */
  onChain: "takes" | "503";
  onBdat: "takes" | "500" | "503";
  /** How replies are cut on their way. */
  pieces: "as they come" | "byte by byte" | "all at once";
  /** Faults by the number of the reply, counted over all connections from the first MAIL or RSET on. */
  faults: ReadonlyMap<number, ModelFault>;
}

export interface ModelSmtp {
  readonly port: number;
  /** The content of every message it took, with its recipients. */
  readonly taken: { readonly content: string; readonly recipients: readonly string[] }[];
  readonly connections: number;
  close(): Promise<void>;
}

export async function createModelSmtp(plan: ModelPlan): Promise<ModelSmtp> {
  const sockets = new Set<Socket>();
  const state = { taken: [] as ModelSmtp["taken"], replies: 0, connections: 0 };
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    state.connections += 1;
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    new Session(socket, plan, state).start();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    taken: state.taken,
    get connections() {
      return state.connections;
    },
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

class Session {
  readonly #socket: Socket;
  readonly #plan: ModelPlan;
  readonly #state: { taken: ModelSmtp["taken"]; replies: number };
  #input = "";
  #output = "";
  #sender: string | undefined;
  #recipients: string[] = [];
  #chunks = "";
  #readsContent = false;
  /** Whether a message ended in the piece that is being read. */
  #endedMessage = false;
  #isGone = false;

  constructor(socket: Socket, plan: ModelPlan, state: { taken: ModelSmtp["taken"]; replies: number }) {
    this.#socket = socket;
    this.#plan = plan;
    this.#state = state;
  }

  start(): void {
    this.#socket.on("data", (bytes) => {
      this.#input += bytes.toString("latin1");
      this.#endedMessage = false;
      while (!this.#isGone && this.#step());
      this.#flush();
    });
    this.#write("220 model\r\n");
    this.#flush();
  }

  /** Deals with the next command or content; returns false where it is not complete. */
  #step(): boolean {
    if (this.#readsContent) return this.#readContent();
    const end = this.#input.indexOf("\r\n");
    if (end === -1) return false;
    const line = this.#input.slice(0, end);
    if (line.startsWith("BDAT") && this.#plan.onBdat !== "500") return this.#readChunk(line, end + 2);
    this.#input = this.#input.slice(end + 2);
    this.#command(line);
    return true;
  }

  #readContent(): boolean {
    const isEmpty = this.#input.startsWith(".\r\n");
    const end = isEmpty ? 0 : this.#input.indexOf("\r\n.\r\n") + 2;
    if (!isEmpty && end === 1) return false;
    const content = this.#input.slice(0, end);
    this.#input = this.#input.slice(end + 3);
    this.#readsContent = false;
    this.#endedMessage = true;
    this.#finish(content.replace(/^\.\./gm, "."));
    return true;
  }

  #readChunk(line: string, start: number): boolean {
    const [, size = "0", last] = /^BDAT (\d+)( LAST)?$/.exec(line) ?? [];
    const end = start + Number(size);
    if (this.#input.length < end) return false;
    this.#chunks += this.#input.slice(start, end);
    this.#input = this.#input.slice(end);
    if (this.#plan.onBdat === "503") this.#reply("503 5.5.1 no chunks today");
    else if (this.#recipients.length === 0) this.#reply("554 5.5.1 no valid recipients");
    else if (last === undefined) this.#reply("250 2.0.0 chunk taken");
    else this.#finish(this.#chunks);
    return true;
  }

  #command(line: string): void {
    const verb = line.slice(0, 4);
    switch (verb) {
      case "EHLO":
        return this.#write(
          ["model", ...this.#plan.keywords]
            .map((word, at, all) => `250${at === all.length - 1 ? " " : "-"}${word}\r\n`)
            .join(""),
        );
      case "QUIT":
        this.#write("221 bye\r\n");
        return this.#end(false);
      case "RSET":
        this.#forget();
        return this.#reply("250 2.0.0 forgotten");
      case "MAIL":
        return this.#mail(line);
      case "RCPT":
        if (this.#sender === undefined) return this.#reply("503 5.5.1 who sends this?");
        if (line.includes("<bad")) return this.#reply("550 5.1.1 no such user");
        return this.#reply("250 2.1.5 recipient ok", () =>
          this.#recipients.push(line.slice("RCPT TO:<".length, line.indexOf(">"))),
        );
      case "DATA":
        if (this.#recipients.length === 0) return this.#reply("554 5.5.1 no valid recipients");
        return this.#reply("354 go on", () => (this.#readsContent = true));
      default:
        return this.#reply("500 5.5.2 what?");
    }
  }

  #mail(line: string): void {
    const { onGroup, onChain } = this.#plan;
    const isGroup = this.#input !== "";
    if (isGroup && onGroup === "close") return this.#end(false);
    if (isGroup && onGroup === "500 and close") {
      this.#write("500 5.5.1 Pipelining not supported\r\n");
      return this.#end(false);
    }
    const refuses = (isGroup && onGroup === "503") || (this.#endedMessage && onChain === "503");
    if (refuses || this.#sender !== undefined) return this.#reply("503 5.5.1 out of order");
    this.#reply("250 2.1.0 sender ok", () => (this.#sender = line));
  }

  /** The message is here in whole: it is taken, unless the plan says no. */
  #finish(content: string): void {
    const recipients = this.#recipients;
    this.#forget();
    this.#reply("250 2.0.0 taken", () => {
      if (recipients.length > 0) this.#state.taken.push({ content, recipients });
    });
  }

  #forget(): void {
    this.#sender = undefined;
    this.#recipients = [];
    this.#chunks = "";
  }

  /** Says what is due, and does what that means; or what the plan has for this reply. */
  #reply(text: string, effect: () => void = () => {}): void {
    const fault = this.#plan.faults.get(this.#state.replies);
    this.#state.replies += 1;
    switch (fault) {
      case "close":
      case "reset":
        effect();
        return this.#end(fault === "reset");
      case "last-words":
        effect();
        this.#write(`${text}\r\n`);
        return this.#end(false);
      case "421":
        this.#write("421 4.3.2 closing\r\n");
        return this.#end(false);
      case "451":
      case "554":
        return this.#write(`${fault} no\r\n`);
      case "354":
        return this.#write("354 odd\r\n");
      case "extra":
        if (text.startsWith("250 2.1.0")) this.#write("250 2.0.0 extra\r\n");
        break;
      default:
    }
    effect();
    this.#write(`${text}\r\n`);
  }

  #write(text: string): void {
    if (this.#plan.pieces === "all at once") this.#output += text;
    else if (this.#plan.pieces === "as they come") this.#socket.write(text);
    else for (const character of text) this.#socket.write(character);
  }

  #flush(): void {
    if (this.#output !== "") this.#socket.write(this.#output);
    this.#output = "";
  }

  #end(reset: boolean): void {
    this.#isGone = true;
    this.#flush();
    if (reset) this.#socket.resetAndDestroy();
    else this.#socket.end();
  }
}
