/** One open session with a server, for as many messages as it stays good for. */
import type { NetConnectOpts } from "node:net";
import type { Capabilities } from "./capabilities.ts";
import { contentFault } from "./content-fault.ts";
import { dial } from "./dial.ts";
import { Inlet } from "./inlet.ts";
import type { Job } from "./job.ts";
import type { SmtpError, SmtpStage } from "./errors.ts";
import type { SmtpSettings } from "./options.ts";
import { type Feeder, Pipeline } from "./pipeline/pipeline.ts";
import type { TrackRecord } from "./pipeline/track-record.ts";
import { openSession } from "./session.ts";
import { connectSecurely } from "./tls.ts";
import { Transcript } from "./transcript.ts";
import { Wire } from "./wire.ts";

/** Connects, makes TLS and logs in; throws an `SmtpError` and leaves nothing open where that fails. */
export async function openConnection(
  settings: SmtpSettings,
  record: TrackRecord,
  signal: AbortSignal | undefined,
): Promise<Connection> {
  const transcript = new Transcript(settings.server, settings.explain);
  const inlet = new Inlet();
  const { security, tls } = settings;
  const connect = security === "tls" ? (address: NetConnectOpts) => connectSecurely(address, tls) : undefined;
  const socket = await dial({ ...settings, onread: inlet.onread, connect }, transcript, signal);
  const wire = new Wire({ socket, inlet }, transcript, settings.timeouts);
  const unfollow = wire.follow(signal);
  try {
    return new Connection({ wire, capabilities: await openSession(wire, settings, signal) }, settings, record);
  } catch (error) {
    wire.destroy();
    throw error;
  } finally {
    unfollow();
  }
}

/** Who is told of what happens on a connection. */
export type ConnectionFeeder = {
  [Event in keyof Feeder]: (connection: Connection, ...details: Parameters<Feeder[Event]>) => void;
};

export class Connection {
  readonly #wire: Wire;
  readonly #capabilities: Capabilities;
  readonly #settings: SmtpSettings;
  readonly #pipeline: Pipeline;
  #feeder: ConnectionFeeder | undefined;

  constructor(session: { wire: Wire; capabilities: Capabilities }, settings: SmtpSettings, record: TrackRecord) {
    this.#wire = session.wire;
    this.#capabilities = session.capabilities;
    this.#settings = settings;
    this.#pipeline = new Pipeline(
      { ...session, protocol: settings.protocol },
      { record, limits: settings },
      {
        onProgress: () => this.#feeder?.onProgress(this),
        onReturned: (jobs) => this.#feeder?.onReturned(this, jobs),
        onSteppedDown: (from) => this.#feeder?.onSteppedDown(this, from),
        onBroken: () => this.#feeder?.onBroken(this),
      },
    );
  }

  get encrypted(): boolean {
    return this.#wire.encrypted;
  }

  get isBroken(): boolean {
    return this.#wire.isBroken;
  }

  /** Whether messages are on their way. */
  get isBusy(): boolean {
    return this.#pipeline.isBusy;
  }

  get inFlight(): number {
    return this.#pipeline.inFlight;
  }

  /** How many recipients of one message the server announces to take; undefined where it does not say. */
  get maxRecipients(): number | undefined {
    return this.#capabilities.limits.recipients;
  }

  /** Whether it has carried as many messages as it may. */
  get isWorn(): boolean {
    const { messages = Number.POSITIVE_INFINITY } = this.#capabilities.limits;
    return this.#pipeline.begun >= Math.min(messages, this.#settings.maxMessagesPerConnection);
  }

  get hasRoom(): boolean {
    return !this.isWorn && this.#pipeline.hasRoom;
  }

  /** From now on `feeder` is told what happens here. */
  feedFrom(feeder: ConnectionFeeder): void {
    this.#feeder = feeder;
  }

  /** Whether a message was answered for here, by an acknowledgement or a refusal. */
  get hasServed(): boolean {
    return this.#pipeline.hasServed;
  }

  /** The error of what broke it, as it surfaces at `stage`. */
  lossAt(stage: SmtpStage): SmtpError {
    const { transcript } = this.#wire;
    return transcript.error(stage, this.#wire.faultAt(stage));
  }

  /** Begins a message where there is room; it leaves with the next `flush`. */
  begin(job: Job): void {
    const { server, encrypted, transcript } = this.#wire;
    const fault = contentFault({ server, encrypted, capabilities: this.#capabilities }, job);
    if (fault === undefined) this.#pipeline.begin(job);
    else job.fail(transcript.error("mail", fault));
  }

  flush(): void {
    this.#wire.flush();
  }

  /** Stops a message that its caller gave up. */
  abandon(job: Job): void {
    this.#pipeline.abandon(job);
  }

  /** Rests between messages: the process need not stay for it. */
  rest(): void {
    this.#pipeline.hasRested = true;
    this.#wire.rest();
  }

  wake(): void {
    this.#wire.wake();
  }

  /** Says goodbye and closes, within a second. */
  async quit(): Promise<void> {
    this.#feeder = undefined;
    this.#wire.wake();
    this.#wire.drive(undefined);
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
}
