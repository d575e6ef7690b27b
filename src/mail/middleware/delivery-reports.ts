/** Tells the `after` hooks what became of messages that others hand to the mailers, such as the outbox. */
import type { Logger } from "../../base/index.ts";
import type { Backend } from "../backend.ts";
import { withSend } from "../backends/with-send.ts";
import type { Delivery, Middleware } from "./middleware.ts";
import { createPipeline } from "./pipeline.ts";

/** Watches backends. */
export interface DeliveryReports {
  /** The same backend, whose sends are reported. */
  watch(backend: Backend): Backend;
  /** Resolves once every hook that was begun has ended. */
  settled(): Promise<void>;
}

/**
 * Reports to the `after` hooks of a list.
 *
 * A hook is begun when an attempt has ended, and not waited for: whoever sent the message writes down at once what came
 * of it, so that a slow hook does not widen the moment in which a crash would send the message twice.
 *
 * @throws MailerError WX_MAILER_MIDDLEWARE
 */
export function deliveryReports(middleware: readonly Middleware[] = [], logger?: Logger): DeliveryReports {
  const pipeline = createPipeline(middleware, logger);
  const running = new Set<Promise<void>>();
  const report = (delivery: Delivery): void => {
    const work = pipeline.after(delivery).finally(() => running.delete(work));
    running.add(work);
  };
  return {
    watch: (backend) => (pipeline.reports ? watched(backend, report) : backend),
    settled: async () => void (await Promise.all(running)),
  };
}

function watched(backend: Backend, report: (delivery: Delivery) => void): Backend {
  return withSend(backend, async (envelope, bytes, options) => {
    const messageId = messageIdOf(bytes);
    try {
      const receipt = await backend.send(envelope, bytes, options);
      report({ envelope, messageId, receipt });
      return receipt;
    } catch (error) {
      report({ envelope, messageId, error });
      throw error;
    }
  });
}

/** The Message-ID in a message's header; empty where it has none. */
function messageIdOf(bytes: Uint8Array): string {
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = message.indexOf("\r\n\r\n");
  const header = message.toString("latin1", 0, end === -1 ? message.length : end);
  return /^message-id:\s*(<[^>\r\n]*>)/im.exec(header)?.[1] ?? "";
}
