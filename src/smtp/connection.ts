/** One open session with a server, for as many messages as it stays good for. */
import type { Capabilities } from "./capabilities.ts";
import { dial } from "./dial.ts";
import { refusedFault } from "./faults.ts";
import type { Envelope } from "./envelope.ts";
import type { SmtpSettings } from "./options.ts";
import { openSession } from "./session.ts";
import { contentFault, type SmtpReceipt, transact } from "./transaction.ts";
import { Transcript } from "./transcript.ts";
import { Wire } from "./wire.ts";

/** Connects, makes TLS and logs in; throws an `SmtpError` and leaves nothing open where that fails. */
export async function openConnection(settings: SmtpSettings, signal?: AbortSignal): Promise<Connection> {
  const transcript = new Transcript(settings.server);
  const socket = await dial(settings, transcript, signal);
  const wire = new Wire(socket, transcript, settings.timeouts);
  const unfollow = wire.follow(signal);
  try {
    return new Connection(wire, await openSession(wire, settings, signal));
  } catch (error) {
    wire.destroy();
    throw error;
  } finally {
    unfollow();
  }
}

export class Connection {
  readonly #wire: Wire;
  readonly #capabilities: Capabilities;
  #sent = 0;
  /** Whether a transaction was begun and not acknowledged. */
  #dirty = false;

  constructor(wire: Wire, capabilities: Capabilities) {
    this.#wire = wire;
    this.#capabilities = capabilities;
  }

  /** How many messages were tried on this connection. */
  get messages(): number {
    return this.#sent;
  }

  get encrypted(): boolean {
    return this.#wire.encrypted;
  }

  /** Whether another message may be sent here. */
  get usable(): boolean {
    return this.#wire.usable;
  }

  /** Sends one message. Check `usable` afterwards, whatever came of it. */
  async send(envelope: Envelope, bytes: Buffer, signal?: AbortSignal): Promise<SmtpReceipt> {
    const { transcript } = this.#wire;
    transcript.rejected = [];
    this.#sent += 1;
    const unfollow = this.#wire.follow(signal);
    try {
      const fault = contentFault(this.#wire.server, this.#capabilities, bytes);
      if (fault !== undefined) throw transcript.error("mail", fault);
      await this.#reset();
      this.#dirty = true;
      const receipt = await transact(this.#wire, this.#capabilities, envelope, bytes);
      this.#dirty = false;
      return receipt;
    } finally {
      unfollow();
    }
  }

  /** Rests between messages; `onDoubt` is called when the connection breaks or the server says anything. */
  rest(onDoubt: () => void): void {
    this.#wire.rest(onDoubt);
  }

  wake(): void {
    this.#wire.wake();
  }

  /** Says goodbye and closes, within a second. */
  async quit(): Promise<void> {
    this.#wire.wake();
    try {
      await this.#wire.command("quit", "QUIT");
    } catch {
      // A goodbye that nobody answers is still a goodbye.
    }
    this.#wire.destroy();
  }

  destroy(): void {
    this.#wire.destroy();
  }

  /** Clears what a refused message left behind; some servers refuse the next MAIL otherwise. */
  async #reset(): Promise<void> {
    if (!this.#dirty) return;
    const reply = await this.#wire.command("mail", "RSET");
    if (reply.code !== 250) throw this.#wire.fatal("mail", refusedFault(this.#wire.server, "mail", reply));
    this.#dirty = false;
  }
}
