/** `imapflow`, which only those install who read a mailbox. */
import { OutboxError } from "../../errors.ts";

/** @throws OutboxError `WX_OUTBOX_PEER` without imapflow */
export async function loadImapFlow(): Promise<typeof import("imapflow")> {
  try {
    return await import("imapflow");
  } catch (cause) {
    throw missing(cause);
  }
}

/**
 * Looks whether imapflow is there, without loading it, which takes most of a second.
 *
 * @throws OutboxError `WX_OUTBOX_PEER` without imapflow
 */
export function requireImapFlow(resolve: (name: string) => unknown = (name) => import.meta.resolve(name)): void {
  try {
    resolve("imapflow");
  } catch (cause) {
    // Any other fault is that of a bundler, which may well bring imapflow along.
    if (/^(?:ERR_)?MODULE_NOT_FOUND$/.test(String((cause as { code?: unknown }).code))) throw missing(cause);
  }
}

function missing(cause: unknown): OutboxError {
  return new OutboxError("WX_OUTBOX_PEER", "Reading the bounce mailbox needs the package imapflow: npm i imapflow", {
    cause,
  });
}
