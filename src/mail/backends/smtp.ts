/** Sends through an SMTP server, over connections that are kept and reused. */
import { createSmtpPool, SmtpError, type SmtpOptions, type SmtpRefusal } from "../../smtp/index.ts";
import type { Backend, RecipientRefusal } from "../backend.ts";
import { DeliveryError } from "../errors.ts";

/**
 * A backend that sends by SMTP.
 *
 * @throws SmtpError WX_SMTP_OPTIONS, at once, when an option cannot be right
 *
 * @example
 * smtpBackend({ host: "smtp.163.com", security: "tls", auth: { user: "mac@163.com", password: authorizationCode } })
 */
export function smtpBackend(options: SmtpOptions): Backend {
  const pool = createSmtpPool(options);
  const close = (): Promise<void> => pool.close();
  return {
    send: async (envelope, bytes, sendOptions) => {
      const { server, accepted, rejected, response } = await asDelivery(pool.send(envelope, bytes, sendOptions));
      return { server, accepted: [...accepted], rejected: rejected.map(toRefusal), response };
    },
    verify: async (verifyOptions) => {
      await asDelivery(pool.verify(verifyOptions));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function asDelivery<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof SmtpError ? toDeliveryError(error) : error;
  }
}

function toDeliveryError(cause: SmtpError): DeliveryError {
  const { stage, server, retryable, outcome, reply, rejected } = cause;
  return new DeliveryError(cause.message, {
    stage,
    server,
    retryable,
    outcome,
    recipients: rejected.map(toRefusal),
    replyCode: reply?.code ?? 0,
    enhancedCode: reply?.enhancedCode ?? "",
    cause,
  });
}

function toRefusal({ address, retryable, reply, outcome }: SmtpRefusal): RecipientRefusal {
  const { code, enhancedCode, text } = reply;
  return { address, retryable, code, enhancedCode, text, ...(outcome !== undefined && { outcome }) };
}
