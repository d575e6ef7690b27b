/** Sends nothing, and says that it did. */
import { type Backend, receiptForAll } from "../backend.ts";
import { refuseAborted } from "./aborted.ts";

/** A backend that counts what it is given. */
export interface DummyBackend extends Backend {
  /** How many messages it was given. */
  readonly sent: number;
}

/**
 * A backend for where mail is switched off.
 *
 * @example
 * createMailers({ default: isStaging ? dummyBackend() : smtpBackend({ host: "smtp.example.com" }) })
 */
export function dummyBackend(): DummyBackend {
  let sent = 0;
  return {
    get sent() {
      return sent;
    },
    send: async (envelope, _bytes, options = {}) => {
      refuseAborted(options, "dummy");
      sent++;
      return receiptForAll(envelope, "dummy");
    },
  };
}
