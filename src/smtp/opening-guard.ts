/** Whether a connection may be opened now: not where log-ins are refused, nor where the server turns connections away. */
import { BusyGuard, type OpeningLeave } from "./busy-guard.ts";
import type { Connection } from "./connection.ts";
import type { SmtpError } from "./errors.ts";
import { LoginGuard } from "./login-guard.ts";
import type { SmtpSettings } from "./options.ts";

export class OpeningGuard {
  readonly #settings: SmtpSettings;
  readonly #logins: LoginGuard | undefined;
  readonly #busy: BusyGuard;
  /** The one that was opened last, until it has carried a message. */
  #unproven: Connection | undefined;

  constructor(settings: SmtpSettings) {
    this.#settings = settings;
    this.#busy = new BusyGuard(settings.clock);
    this.#logins = settings.auth === undefined ? undefined : new LoginGuard(settings.authPause, settings.clock);
  }

  ask(): OpeningLeave {
    const busy = this.#busy.ask();
    return busy === "go" ? (this.#logins?.ask() ?? "go") : busy;
  }

  begin(): void {
    this.#busy.begin();
    this.#logins?.begin();
  }

  opened(connection: Connection): void {
    this.#busy.end();
    this.#logins?.end();
    this.#unproven = connection;
  }

  /** A connection was not opened; returns whether the server wants no more of them now. */
  failed(error: Error): boolean {
    this.#busy.end();
    if (this.#logins?.end(error) === true) this.#log("smtp.auth-paused");
    return this.#count(error);
  }

  /** Something happened on a connection: one that has carried a message speaks for the server. */
  progressed(connection: Connection): void {
    if (connection !== this.#unproven || !connection.hasServed) return;
    this.#unproven = undefined;
    this.#busy.forgive();
  }

  /** A connection was lost. One that was closed before it carried a message was turned away too, if late. */
  lost(connection: Connection): void {
    if (!connection.hasServed) this.#count(connection.lossAt("mail"));
  }

  /** What a message is told where `ask` says that opening is paused. */
  pausedError(): SmtpError {
    const { server } = this.#settings;
    const isBusy = this.#logins === undefined || this.#busy.ask() === "paused";
    return isBusy ? this.#busy.pausedError(server) : this.#logins.pausedError(server);
  }

  #count(error: Error): boolean {
    if (!this.#busy.isFor(error)) return false;
    this.#unproven = undefined;
    if (this.#busy.count(error)) this.#log("smtp.busy-paused");
    return true;
  }

  #log(event: string): void {
    this.#settings.logger.log("warn", event, { server: this.#settings.server });
  }
}
