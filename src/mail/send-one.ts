/** One message on its way: through the hooks, composed, signed, and handed to a backend. */
import { type Clock, systemClock } from "../base/index.ts";
import { toAsciiAddress } from "./addr-spec.ts";
import { parseMailbox } from "./address.ts";
import type { Backend, Receipt } from "./backend.ts";
import { compose, type ComposeContext, type Composed } from "./compose.ts";
import { createDkimSigner, type DkimSigner } from "./dkim/sign.ts";
import { MessageError } from "./errors.ts";
import type { MailOptions } from "./mail.ts";
import { recipientsOf } from "./message.ts";
import type { MessageFields } from "./message-fields.ts";
import { createPipeline } from "./middleware/pipeline.ts";
import { prepareMessage } from "./prepare.ts";

/** What is done to each message. */
export interface OneMessage {
  /** Everything but the sending. `backend` says how it wants its headers; `at` stands in for the time. */
  compose(
    message: MessageFields,
    backend: Partial<Backend>,
    options: { signal?: AbortSignal | undefined; at?: number | undefined },
  ): Promise<Composed>;
  /** The receipt, or undefined when there was nobody to send to or nobody was reached. */
  send(message: MessageFields, backend: Backend, signal: AbortSignal | undefined): Promise<Receipt | undefined>;
}

/** @throws MessageError when the default sender is no mailbox or the host name no domain; MailerError */
export function oneMessage(options: MailOptions): OneMessage {
  const context = composeContext(options);
  const pipeline = createPipeline(options.middleware, options.logger);
  const signer = signerOf(options);

  /** Composes what the `before` hooks made of a message. */
  async function composeHooked(
    message: MessageFields,
    { headerEncoding }: Partial<Backend>,
    { signal, at }: { signal?: AbortSignal | undefined; at?: number | undefined },
  ): Promise<Composed> {
    const prepared = await prepareMessage(message, { ...options, signal });
    const wanted = context.headerEncoding ?? headerEncoding;
    const clock = at === undefined ? context.clock : stoppedAt(at, context.clock);
    const composed = pipeline.envelope(compose(prepared, { ...context, clock, headerEncoding: wanted }));
    return signer === undefined ? composed : { ...composed, bytes: signer.sign(composed.bytes, at) };
  }

  return {
    compose: async (message, backend, composing) => {
      requireMessage(message);
      return composeHooked(await pipeline.before(message), backend, composing);
    },
    send: async (given, backend, signal) => {
      requireMessage(given);
      if (namesNobody(given)) return undefined;
      const message = await pipeline.before(given);
      if (namesNobody(message)) return undefined;
      const { envelope, bytes, messageId } = await composeHooked(message, backend, { signal });
      try {
        const receipt = await backend.send(envelope, bytes, signal === undefined ? {} : { signal });
        await pipeline.after({ message, envelope, messageId, receipt });
        return receipt.accepted.length === 0 ? undefined : receipt;
      } catch (error) {
        await pipeline.after({ message, envelope, messageId, error });
        throw error;
      }
    },
  };
}

/** A clock that shows one time. */
function stoppedAt(at: number, clock: Clock): Clock {
  return { now: () => at, sleep: (ms, signal) => clock.sleep(ms, signal) };
}

/** A text has none of the fields, so that it would look like a message to nobody. */
function requireMessage(message: unknown): void {
  if (typeof message === "object" && message !== null) return;
  const fix = 'Give its fields, such as { to: ["ann@example.com"], subject: "Hello", text: "World" }';
  throw new MessageError("WX_MESSAGE_TYPE", { field: "message", problem: "is no message", fix });
}

function composeContext(options: MailOptions): ComposeContext {
  const { defaultFromEmail: defaultFrom, hostname, clock = systemClock, charset, useLocalTime } = options;
  const { maxMessageBytes, headerEncoding } = options;
  const sender = parseMailbox(defaultFrom, "defaultFromEmail");
  const idAddress = toAsciiAddress(hostname === undefined ? sender.address : `id@${hostname}`, "hostname");
  const domain = idAddress.slice(idAddress.lastIndexOf("@") + 1);
  return { clock, hostname: domain, defaultFrom, charset, useLocalTime, maxMessageBytes, headerEncoding };
}

function signerOf({ dkim, clock, logger }: MailOptions): DkimSigner | undefined {
  return dkim === undefined || "sign" in dkim ? dkim : createDkimSigner(dkim, { clock, logger });
}

/** Whether there is nobody to send to: then nothing is composed, as in Django. Whom a raw message names is not read here. */
function namesNobody(message: MessageFields): boolean {
  if (message.raw !== undefined && message.envelope?.to === undefined) return false;
  return (message.envelope?.to ?? recipientsOf(message)).length === 0;
}
