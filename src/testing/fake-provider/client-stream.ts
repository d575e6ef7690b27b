/** The client's end of a connection to a fake provider: read by lines and counts of bytes, written as a fault wants it. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";

/** The client has gone, or the script has sent it away. */
export class Gone extends Error {}

const CRLF = Buffer.from("\r\n");

export class ClientStream {
  #socket: Socket;
  #held: Buffer = Buffer.alloc(0);
  readonly #leaving: AbortController = new AbortController();
  #wake = (): void => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  /** Whether the client has sent more than was read. */
  get hasMore(): boolean {
    return this.#held.length > 0;
  }

  /** The next line without its end; `isBare` where that is LF alone. */
  async line(): Promise<{ text: string; isBare: boolean }> {
    const end = await this.#until(() => this.#held.indexOf(0x0a));
    const isBare = this.#held[end - 1] !== 0x0d;
    const text = this.#held.toString("utf8", 0, isBare ? end : end - 1);
    this.#held = this.#held.subarray(end + 1);
    return { text, isBare };
  }

  /** The content of DATA, without its dot and with its dots unstuffed. */
  async content(): Promise<Buffer> {
    if (await this.#begins(".\r\n")) return this.#take(3).subarray(0, 0);
    const end = await this.#until(() => this.#held.indexOf("\r\n.\r\n"));
    const stuffed = this.#take(end + 5).subarray(0, end + 2);
    return Buffer.from(stuffed.toString("latin1").replace(/^\./, "").replaceAll("\r\n.", "\r\n"), "latin1");
  }

  /** The next so many bytes. */
  async bytes(count: number): Promise<Buffer> {
    await this.#until(() => (this.#held.length >= count ? 0 : -1));
    return this.#take(count);
  }

  /** Resolves once the client has sent anything that was not read. */
  async more(): Promise<void> {
    await this.#until(() => (this.hasMore ? 0 : -1));
  }

  /** Writes, byte by byte where `dripMs` is given. */
  async write(bytes: Buffer, dripMs?: number): Promise<void> {
    if (dripMs === undefined) return this.#send(bytes);
    for (const byte of bytes) {
      await this.pause(dripMs);
      await this.#send(Buffer.of(byte));
    }
  }

  /** Waits, and no longer than the client stays. */
  async pause(ms: number): Promise<void> {
    const { signal } = this.#leaving;
    await setTimeout(ms, undefined, { signal }).catch(() => {});
    if (signal.aborted) throw new Gone();
  }

  /** Resolves when the client has gone. */
  async gone(): Promise<void> {
    const { signal } = this.#leaving;
    if (!signal.aborted) await once(signal, "abort");
  }

  end(how: "fin" | "rst"): void {
    if (how === "fin") this.#socket.end();
    else this.#socket.resetAndDestroy();
  }

  /** Goes on over TLS; what the client had sent in clear before is forgotten. */
  async secure(upgrade: (socket: Socket) => Promise<Socket>): Promise<void> {
    this.#socket.removeAllListeners("data").pause();
    this.#held = Buffer.alloc(0);
    this.#socket = await upgrade(this.#socket);
    this.#listen();
  }

  #listen(): void {
    const leave = (): void => {
      this.#leaving.abort();
      this.#wake();
    };
    this.#socket
      .on("data", (bytes: Buffer) => {
        this.#held = Buffer.concat([this.#held, bytes]);
        this.#wake();
      })
      .on("error", leave)
      .on("end", leave)
      .on("close", leave);
  }

  #take(count: number): Buffer {
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }

  async #begins(text: string): Promise<boolean> {
    await this.#until(() => (this.#held.length >= text.length ? 0 : -1));
    return this.#held.toString("latin1", 0, text.length) === text;
  }

  /** The place that `find` finds, once it finds one. */
  async #until(find: () => number): Promise<number> {
    for (;;) {
      const at = find();
      if (at !== -1) return at;
      if (this.#leaving.signal.aborted) throw new Gone();
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async #send(bytes: Buffer): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(new Gone()) : resolve()));
    });
  }
}

/** Lines of a reply as bytes on the wire. */
export function onTheWire(lines: readonly Buffer[]): Buffer {
  return Buffer.concat(lines.flatMap((line) => [line, CRLF]));
}
