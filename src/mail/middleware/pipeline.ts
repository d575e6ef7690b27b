/** Runs the hooks of a Mail: before a message is composed, on its envelope, and after it was handed over. */
import { describeError, findUnknownOption, type Logger, silentLogger } from "../../base/index.ts";
import { MailerError, MessageError } from "../errors.ts";
import type { Composed } from "../compose.ts";
import type { MessageFields } from "../message-fields.ts";
import type { Delivery, HookContext, Middleware } from "./middleware.ts";

/** The hooks of a list, each kind as one. */
export interface Pipeline {
  before(message: MessageFields): Promise<MessageFields>;
  /** @throws MessageError WX_MESSAGE_NO_RECIPIENT when no recipient is left */
  envelope(composed: Composed): Composed;
  /** Never throws. */
  after(delivery: Delivery): Promise<void>;
  /** False when nobody listens to `after`. */
  readonly reports: boolean;
}

const HOOKS: readonly (keyof Middleware)[] = ["before", "envelope", "after"];

/** @throws MailerError WX_MAILER_MIDDLEWARE for what is no middleware */
export function createPipeline(middleware: readonly Middleware[] = [], logger: Logger = silentLogger): Pipeline {
  requireMiddleware(middleware);
  const context: HookContext = { logger };
  return {
    reports: middleware.some(({ after }) => after !== undefined),
    before: async (message) => {
      let current = message;
      for (const each of middleware) current = (await each.before?.(current, context)) ?? current;
      return current;
    },
    envelope: (composed) => {
      let { envelope } = composed;
      for (const each of middleware) envelope = each.envelope?.(envelope, context) ?? envelope;
      if (envelope === composed.envelope) return composed;
      if (envelope.to.length > 0) return { ...composed, envelope };
      const fix = "Send it to somebody who may get mail here";
      throw new MessageError("WX_MESSAGE_NO_RECIPIENT", { field: "to", problem: "has nobody left", fix });
    },
    after: async (delivery) => {
      for (const each of middleware) await report(each, delivery, context);
    },
  };
}

/** The mail is out, or is not: what a listener makes of that may not change it. */
async function report(middleware: Middleware, delivery: Delivery, context: HookContext): Promise<void> {
  try {
    await middleware.after?.(delivery, context);
  } catch (error) {
    const { messageId } = delivery;
    context.logger.log("error", "mail.after-hook-failed", { messageId, error: describeError(error) });
  }
}

function requireMiddleware(middleware: unknown): asserts middleware is readonly Middleware[] {
  if (!Array.isArray(middleware)) throw badMiddleware("middleware", "is no list. Write middleware: [...].");
  for (const [index, each] of middleware.entries()) {
    const at = `middleware[${index}]`;
    if (typeof each !== "object" || each === null) throw badMiddleware(at, "is no object with hooks.");
    // An instance of a class may keep what it likes beside its hooks.
    const unknown = Object.getPrototypeOf(each) === Object.prototype ? findUnknownOption(each, HOOKS) : undefined;
    if (unknown !== undefined) throw badMiddleware(`${at}.${unknown.name}`, `is not a hook. ${unknown.hint}`);
    const wrong = HOOKS.find((hook) => !["function", "undefined"].includes(typeof (each as Middleware)[hook]));
    if (wrong !== undefined) throw badMiddleware(`${at}.${wrong}`, "is no function.");
  }
}

function badMiddleware(setting: string, problem: string): MailerError {
  return new MailerError("WX_MAILER_MIDDLEWARE", setting, `${setting} ${problem}`);
}
