/** The connection to a proxy while we talk with the proxy itself: bounded reads, and an end when the caller wants one. */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describeError } from "../../base/index.ts";
import { FAMILIES } from "../families.ts";
import { onAbort } from "../on-abort.ts";
import { showable } from "../quote.ts";
import { oddProxy, ProxyError } from "./proxy-error.ts";
import type { ProxyUrl } from "./proxy-url.ts";

/** Connects to the proxy, by TLS where `tls` is given, talks with it, and hands over what leads to the server then. */
export async function throughProxy(
  url: ProxyUrl,
  { tls, signal }: { tls: { readonly ca?: string | undefined } | undefined; signal: AbortSignal },
  talk: (proxy: ProxySocket) => Promise<void>,
): Promise<Socket> {
  signal.throwIfAborted();
  const address = { host: url.host, port: url.port, ...FAMILIES };
  const socket =
    tls === undefined ? connectTcp(address) : connectTls({ ...address, ca: tls.ca, minVersion: "TLSv1.2" });
  socket.setNoDelay(true).setKeepAlive(true);
  const proxy = new ProxySocket(socket, url.proxy);
  const unlisten = onAbort(signal, () => socket.destroy());
  try {
    await proxy.connected(tls === undefined ? "connect" : "secureConnect");
    await talk(proxy);
    proxy.release();
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    unlisten();
  }
}

export class ProxySocket {
  readonly name: string;
  readonly #socket: Socket;
  #error: Error | undefined;

  constructor(socket: Socket, name: string) {
    this.#socket = socket;
    this.name = name;
    // Stays: an error that no listener hears would end the process.
    socket.on("error", (error) => (this.#error ??= error));
  }

  connected(event: "connect" | "secureConnect"): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once(event, resolve);
      this.#socket.once("close", () => {
        const why = this.#error === undefined ? "closed the connection" : showable(describeError(first(this.#error)));
        const advice = "Check the proxy's address, and that it is running";
        reject(new ProxyError(`the proxy ${this.name} was not reached: ${why}`, advice, this.#error));
      });
    });
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /**
   * Reads until `enough` gives the length of what belongs to the proxy's answer; more than `limit` bytes are refused.
   *
   * Guarantee: what follows the answer is the server's, and is put back for whoever reads next.
   */
  read(limit: number, enough: (bytes: Buffer) => number | undefined): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let bytes: Buffer = Buffer.alloc(0);
      const settle = (): void => {
        this.#socket.off("readable", onReadable).off("end", onEnd).off("close", onEnd);
      };
      const onReadable = (): void => {
        for (let piece = this.#take(); piece !== undefined; piece = this.#take()) bytes = Buffer.concat([bytes, piece]);
        const length = enough(bytes);
        if (length !== undefined && length <= bytes.length) {
          settle();
          if (length < bytes.length) this.#socket.unshift(bytes.subarray(length));
          resolve(bytes.subarray(0, length));
        } else if (bytes.length > limit) {
          settle();
          reject(oddProxy(this.name, `answered with more than ${limit} bytes`));
        }
      };
      const onEnd = (): void => {
        settle();
        reject(oddProxy(this.name, "closed the connection before it had answered", this.#error));
      };
      this.#socket.on("readable", onReadable).on("end", onEnd).on("close", onEnd);
      if (this.#socket.destroyed) onEnd();
      else onReadable();
    });
  }

  /** Leaves the socket as a fresh one is: nothing read ahead of its next reader. */
  release(): void {
    this.#socket.removeAllListeners("readable");
  }

  #take(): Buffer | undefined {
    const piece: Buffer | null = this.#socket.read();
    return piece ?? undefined;
  }
}

const first = (error: Error): unknown => (error instanceof AggregateError ? error.errors[0] : error);
