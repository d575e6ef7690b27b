/** Writes messages to a terminal, decoded for a person: readable in any language, links whole. */
import { describeError } from "../../base/index.ts";
import { type Backend, receiptForAll } from "../backend.ts";
import { DeliveryError } from "../errors.ts";
import { refuseAborted } from "./aborted.ts";
import { describeMessage } from "./console-text.ts";
import { refuseUnknownOptions } from "./options.ts";
import { SEPARATOR } from "./separator.ts";

/** Where the messages are printed, and how. */
export interface ConsoleBackendOptions {
  /** Default: standard output. */
  stream?: NodeJS.WritableStream | undefined;
  /** Prints the bytes as they would be sent instead. Default false. */
  raw?: boolean | undefined;
}

const known = { stream: true, raw: true } satisfies Record<keyof ConsoleBackendOptions, true>;

/**
 * A backend that shows each message: its envelope and headers, its text (or its HTML where it has no text), its links
 * each on a line of its own, and what is attached.
 *
 * @throws MailerError WX_MAILER_OPTION; sending: DeliveryError WX_DELIVERY_REFUSED where the stream cannot be written to
 *
 * @example
 * createMailers({ default: consoleBackend() })
 */
export function consoleBackend(options: ConsoleBackendOptions = {}): Backend {
  refuseUnknownOptions("console", options, Object.keys(known));
  const { stream = process.stdout, raw = false } = options;
  return {
    send: async (envelope, bytes, callOptions = {}) => {
      refuseAborted(callOptions, "console");
      const text = raw ? bytes : await describeMessage(bytes, envelope);
      await write(stream, Buffer.concat([Buffer.from(text), Buffer.from(SEPARATOR)]));
      return receiptForAll(envelope, "console");
    },
  };
}

/** One write for each message, so that those of several backends do not mix. */
function write(stream: NodeJS.WritableStream, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(unwritable(error)) : resolve()));
  });
}

function unwritable(cause: Error): DeliveryError {
  const text = `The message could not be written to the console: ${describeError(cause)}`;
  return new DeliveryError(text, { retryable: false, outcome: "not-sent", server: "console", cause });
}
