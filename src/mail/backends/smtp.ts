/** Sends through an SMTP server, over connections that are kept and reused. */
import {
  createSmtpPool,
  SmtpError,
  type SmtpReceipt,
  type SmtpRefusal,
  type SmtpSendOptions,
} from "../../smtp/index.ts";
import type { Backend, BackendCallOptions, Receipt, RecipientRefusal } from "../backend.ts";
import { DeliveryError } from "../errors.ts";
import { resolveProvider, type SmtpBackendOptions } from "../providers/smtp-options.ts";

/**
 * A backend that sends by SMTP. The server, its limits and the meaning of its refusals come from the provider that is
 * named, or that `host` or the address in `auth.user` belongs to; what is given wins.
 *
 * @throws SmtpError WX_SMTP_OPTIONS, at once, when an option cannot be right; MailerError WX_MAILER_OPTION for a provider
 *   that is not known, or where there is neither host nor provider
 *
 * @example
 * smtpBackend({ auth: { user: "mac@163.com", password: authorizationCode } })
 * smtpBackend({ host: "smtp.example.com", security: "tls", auth: { user: "shop", password } })
 */
export function smtpBackend(given: SmtpBackendOptions): Backend {
  const { provider, options } = resolveProvider(given);
  const pool = createSmtpPool(options);
  const close = (): Promise<void> => pool.close();
  return {
    headerEncoding: provider?.headerEncoding,
    // One step of promises, as there is one of these for each message.
    send: (envelope, bytes, sendOptions) =>
      pool.send(envelope, bytes, toSendOptions(sendOptions)).then(toReceipt, failDelivery),
    verify: (verifyOptions) => pool.verify(verifyOptions).catch(failDelivery),
    connections: () => pool.connections(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function toSendOptions(options: BackendCallOptions = {}): SmtpSendOptions {
  const { urgent, cutOff } = options.queued ?? {};
  // As the queue gave it, its signal is made when somebody asks for it; whoever put another in its place means that one.
  const isOwn = cutOff !== undefined && Object.getOwnPropertyDescriptor(options, "signal")?.get !== undefined;
  return isOwn ? { cutOff, urgent } : { signal: options.signal, urgent };
}

function toReceipt({ server, accepted, rejected, response }: SmtpReceipt): Receipt {
  return { server, accepted, rejected: rejected.map(toRefusal), response };
}

function failDelivery(error: unknown): never {
  throw error instanceof SmtpError ? toDeliveryError(error) : error;
}

function toDeliveryError(cause: SmtpError): DeliveryError {
  const { stage, server, retryable, outcome, reply, rejected, diagnosis } = cause;
  const { retryAfterSeconds } = diagnosis;
  return new DeliveryError(cause.message, {
    stage,
    server,
    retryable,
    outcome,
    recipients: rejected.map(toRefusal),
    replyCode: reply?.code ?? 0,
    enhancedCode: reply?.enhancedCode ?? "",
    retryAfterMs: retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000,
    diagnosis,
    cause,
  });
}

function toRefusal({ address, retryable, reply, outcome, diagnosis }: SmtpRefusal): RecipientRefusal {
  const { code, enhancedCode, text } = reply;
  return {
    address,
    retryable,
    code,
    enhancedCode,
    text,
    ...(outcome !== undefined && { outcome }),
    ...(diagnosis !== undefined && { diagnosis }),
  };
}
