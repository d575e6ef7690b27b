/** LISTEN of Postgres, on one connection of its own that comes back when it is lost. */
import type { Client, ClientConfig } from "pg";
import { backoffMs, systemClock } from "../../base/index.ts";
import type { Pg } from "./load-pg.ts";

/** Told of each notification; of an empty one after the connection was lost, since some may have been missed. It must not throw. */
export type NotificationListener = (payload: string) => void;

/** How long until the next try to connect, in milliseconds. */
const RECONNECT = { baseMs: 100, capMs: 10_000 };

export class PostgresListener {
  readonly #pg: Pg;
  readonly #config: ClientConfig;
  readonly #nameFault: (error: unknown) => unknown;
  readonly #listeners = new Map<string, Set<NotificationListener>>();
  readonly #closing = new AbortController();
  #client: Client | undefined;
  #lastAsked: Promise<unknown> = Promise.resolve();
  /** Settled when the connection that is being made is there; undefined before the first one. */
  #ready: Promise<void> | undefined;

  constructor(pg: Pg, config: ClientConfig, nameFault: (error: unknown) => unknown) {
    this.#pg = pg;
    this.#config = config;
    this.#nameFault = nameFault;
  }

  /** Resolves once notifications are heard, with the way to stop that. */
  async listen(channel: string, listener: NotificationListener): Promise<() => Promise<void>> {
    const entry: NotificationListener = (payload) => listener(payload); // of its own: the same function may listen twice
    const entries = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, entries.add(entry));
    try {
      await (this.#ready ??= this.#connect());
      await this.#ask(`listen ${quoted(channel)}`);
    } catch (error) {
      if (this.#client === undefined) this.#ready = undefined; // the first connection failed: the next to listen tries anew
      await this.#forget(channel, entry);
      throw this.#nameFault(error);
    }
    return () => this.#forget(channel, entry);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ready?.catch(() => {});
    await this.#client?.end().catch(() => {});
  }

  async #forget(channel: string, listener: NotificationListener): Promise<void> {
    const entries = this.#listeners.get(channel);
    entries?.delete(listener);
    if (entries?.size !== 0) return;
    this.#listeners.delete(channel);
    if (this.#closing.signal.aborted) return;
    await this.#ask(`unlisten ${quoted(channel)}`).catch(() => {}); // a lost connection listens to nothing
  }

  /** One after the other, as pg wants it. */
  #ask(statement: string): Promise<unknown> {
    const asked = this.#lastAsked.then(() => this.#client?.query(statement));
    this.#lastAsked = asked.catch(() => {});
    return asked;
  }

  async #connect(): Promise<void> {
    const client = new this.#pg.Client(this.#config);
    client.on("error", () => {}); // its end follows
    client.on("notification", ({ channel, payload = "" }) => this.#tell(channel, payload));
    try {
      await client.connect();
      for (const channel of this.#listeners.keys()) await client.query(`listen ${quoted(channel)}`);
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    this.#client = client;
    client.once("end", () => {
      this.#client = undefined;
      if (!this.#closing.signal.aborted) this.#ready = this.#reconnect();
    });
  }

  /** Tries until it succeeds, or all is closed. */
  async #reconnect(): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      await systemClock.sleep(backoffMs(failures, RECONNECT), this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      try {
        await this.#connect();
        break;
      } catch {
        // still not there
      }
    }
    for (const channel of this.#listeners.keys()) this.#tell(channel, "");
  }

  #tell(channel: string, payload: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener(payload);
  }
}

function quoted(channel: string): string {
  return `"${channel.replaceAll('"', '""')}"`;
}
