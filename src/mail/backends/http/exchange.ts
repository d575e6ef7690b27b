/** One request to a provider's API and its answer, within a deadline; what fails on the way says what became of it. */
import { describeError } from "../../../base/index.ts";
import { DeliveryError } from "../../errors.ts";
import type { Endpoint } from "./endpoint.ts";

/** What is posted. */
export interface HttpRequest {
  /** Appended to the base URL. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array<ArrayBuffer>;
}

/** What came back, whatever its status. */
export interface HttpAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The body read as JSON; undefined where it is none. */
  json: unknown;
}

/**
 * Posts a request and reads the whole answer.
 *
 * @throws DeliveryError when there was none. Its outcome is `not-sent` only where there was no connection or no TLS:
 *   once a request is on its way, fetch does not say how much of it arrived.
 */
export async function exchange(
  endpoint: Endpoint,
  request: HttpRequest,
  signal: AbortSignal | undefined,
): Promise<HttpAnswer> {
  const deadline = createDeadline(endpoint.timeoutMs, signal);
  try {
    const response = await fetch(endpoint.baseUrl + request.path, {
      method: "POST",
      headers: request.headers,
      body: request.body,
      // A redirect would carry the key and the message to wherever it points.
      redirect: "manual",
      signal: deadline.signal,
    });
    const text = await readText(response);
    return { status: response.status, headers: response.headers, text, json: parseJson(text) };
  } catch (error) {
    throw lost(endpoint, error, deadline.hasPassed());
  } finally {
    deadline.clear();
  }
}

/** One signal for the caller's and the deadline's; nothing of it stays with the caller's once it is cleared. */
function createDeadline(
  ms: number,
  callers: AbortSignal | undefined,
): { signal: AbortSignal; hasPassed: () => boolean; clear: () => void } {
  const controller = new AbortController();
  let hasPassed = false;
  const timer = setTimeout(() => {
    hasPassed = true;
    controller.abort();
  }, ms);
  const onAbort = (): void => controller.abort(callers?.reason);
  callers?.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    hasPassed: () => hasPassed,
    clear: () => {
      clearTimeout(timer);
      callers?.removeEventListener("abort", onAbort);
    },
  };
}

/** More than any API answers; what is beyond is not read. */
const MAX_ANSWER_BYTES = 1_000_000;

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What Node and its fetch say of a connection that did not come about. */
const NOT_CONNECTED: readonly string[] = ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"];
const NO_NAME: readonly string[] = ["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA"];
const NO_TRUST = /^(?:ERR_TLS_CERT|CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_)/;
/** What can only happen in the handshake; other faults of TLS may come when the request has left. */
const NO_HANDSHAKE =
  /before secure TLS connection|wrong.version.number|packet.length.too.long|unsupported.protocol|handshake.failure/i;

/** What fetch throws has its reason as `cause`. */
interface Reason {
  code?: unknown;
  syscall?: unknown;
  message?: unknown;
}

function lost({ name, host, timeoutMs }: Endpoint, error: unknown, isLate: boolean): DeliveryError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason: Reason = typeof cause === "object" && cause !== null ? cause : {};
  const code = String(reason.code ?? "");
  const fail = (what: string, stage: string, retryable: boolean, outcome: "not-sent" | "unknown"): DeliveryError =>
    new DeliveryError(`${name} (${host}) ${what}`, { stage, retryable, outcome, server: host, cause: error });
  if (isLate) {
    return fail(`did not answer within ${timeoutMs} ms; it may have taken the message.`, "response", true, "unknown");
  }
  if (NO_TRUST.test(code)) {
    return fail(`has a certificate that is not to be trusted (${code}); nothing was sent.`, "tls", false, "not-sent");
  }
  if (NO_HANDSHAKE.test(`${code} ${String(reason.message)}`)) {
    return fail(`could not be spoken to over TLS (${code}); nothing was sent.`, "tls", true, "not-sent");
  }
  if (NOT_CONNECTED.includes(code) || NO_NAME.includes(code) || reason.syscall === "connect") {
    return fail(`could not be reached (${code}); nothing was sent.`, "connect", true, "not-sent");
  }
  const words = describeError(cause);
  return fail(`did not answer (${code || words}); it may have taken the message.`, "response", true, "unknown");
}
