/** Holds finished messages to the `envelope` hooks as they leave: those that were composed before the hooks were there too. */
import { describeError, type Logger, silentLogger } from "../../base/index.ts";
import type { Backend, Envelope, Receipt, RecipientRefusal } from "../backend.ts";
import { withSend } from "../backends/with-send.ts";
import { DeliveryError } from "../errors.ts";
import type { HookContext, Middleware } from "./middleware.ts";

/**
 * The same backend for those recipients whom the hooks let through. Whoever they leave out is refused for good, unless
 * another got the mail in their place.
 *
 * Sending throws a DeliveryError WX_DELIVERY_REFUSED where the hooks let nobody through.
 *
 * @example
 * createOutbox({ database, mailer: (name) => guardedBackend(mail.mailers.get(name), [alwaysTo("dev@example.com")]) });
 */
export function guardedBackend(
  backend: Backend,
  middleware: readonly Middleware[],
  logger: Logger = silentLogger,
): Backend {
  const guards = middleware.filter(({ envelope }) => envelope !== undefined);
  if (guards.length === 0) return backend;
  return withSend(backend, async (asked, bytes, options) => {
    const allowed = allowedBy(guards, asked, { logger });
    if (allowed.to.length === 0) throw refused(asked);
    return answerFor(asked, allowed, await backend.send(allowed, bytes, options));
  });
}

function allowedBy(guards: readonly Middleware[], asked: Envelope, context: HookContext): Envelope {
  try {
    return guards.reduce((envelope, guard) => guard.envelope?.(envelope, context) ?? envelope, asked);
  } catch (cause) {
    throw refused(asked, cause);
  }
}

const NOT_LET_THROUGH = "The hooks of this mailer (alwaysTo, allowTo) do not let it through.";

function refusal(address: string, text: string): RecipientRefusal {
  return { address, retryable: false, code: 0, enhancedCode: "", text };
}

function refused({ to }: Envelope, cause?: unknown): DeliveryError {
  const text = cause === undefined ? NOT_LET_THROUGH : describeError(cause);
  const recipients = to.map((address) => refusal(address, text));
  const failure = { retryable: false, outcome: "not-sent", recipients } as const;
  return new DeliveryError(text, cause === undefined ? failure : { ...failure, cause });
}

/** What came of it for those who were asked for. */
function answerFor({ to: asked }: Envelope, { to: allowed }: Envelope, receipt: Receipt): Receipt {
  const leftOut = asked.filter((address) => !allowed.includes(address));
  if (leftOut.length === 0) return receipt;
  const hadSubstitute = allowed.some((address) => !asked.includes(address));
  const refusals = hadSubstitute ? [] : leftOut.map((address) => refusal(address, NOT_LET_THROUGH));
  return { ...receipt, rejected: [...receipt.rejected, ...refusals] };
}
