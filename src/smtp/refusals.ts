/** The errors of messages that never came near a connection. */
import type { CutOff } from "../base/index.ts";
import { SmtpError, type SmtpErrorCode } from "./errors.ts";
import type { SmtpSettings } from "./options.ts";

export function closedError(settings: SmtpSettings): SmtpError {
  return refusal(settings, "WX_SMTP_CLOSED", `The pool for ${settings.server} is closed. Send through an open one.`);
}

export function busyError(settings: SmtpSettings): SmtpError {
  const { server, maxWaiting } = settings;
  const text = `${maxWaiting} messages wait for a connection to ${server} already. Await earlier sends first, or raise maxWaiting.`;
  return refusal(settings, "WX_SMTP_BUSY", text);
}

export function abortedError(settings: SmtpSettings, signal: AbortSignal | CutOff | undefined): SmtpError {
  const text = `The caller's signal stopped the message before its turn at ${settings.server}. Send it again if it is still wanted.`;
  return refusal(settings, "WX_SMTP_ABORTED", text, signal?.reason);
}

function refusal({ server }: SmtpSettings, code: SmtpErrorCode, message: string, cause?: unknown): SmtpError {
  return new SmtpError(code, message, { stage: "connect", retryable: true, server, cause });
}
