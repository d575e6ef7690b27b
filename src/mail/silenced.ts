/** A backend whose failed deliveries are passed over: Django's `fail_silently`. */
import type { Backend } from "./backend.ts";
import { withSend } from "./backends/with-send.ts";
import { DeliveryError } from "./errors.ts";

/** The same backend, which answers that it reached nobody where it would throw a DeliveryError. */
export function silenced(backend: Backend): Backend {
  return withSend(backend, async (envelope, bytes, options) => {
    try {
      return await backend.send(envelope, bytes, options);
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      return { server: error.server, accepted: [], rejected: [...error.recipients], response: error.message };
    }
  });
}
