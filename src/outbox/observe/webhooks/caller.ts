/** One call of an endpoint over HTTP: signed, bounded in time and size, and never sent on elsewhere. */
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { describeError } from "../../../base/index.ts";
import type { Endpoint } from "./endpoint.ts";
import { isPublicAddress, literalAddress, lookupPublic, notPublic } from "./private-addresses.ts";
import { signatureHeader } from "./signature.ts";

/** What a call holds. */
export interface WebhookCall {
  id: string;
  body: string;
  /** When it is made, in milliseconds since 1970. */
  at: number;
}

/** What an endpoint said: its status, 0 where it said nothing, and its first words, or ours. */
export interface WebhookAnswer {
  status: number;
  text: string;
  /** From Retry-After, in milliseconds; 0 where it did not say. */
  retryAfterMs: number;
}

/** Makes calls, over connections that are kept open. */
export interface WebhookCaller {
  /** Never rejects. */
  call(endpoint: Endpoint, call: WebhookCall, signal: AbortSignal): Promise<WebhookAnswer>;
  close(): void;
}

export interface WebhookCallerOptions {
  /** From connecting to the end of the answer, in milliseconds. */
  timeoutMs: number;
  publicOnly: boolean;
}

/** Of an answer so much is read, and so much kept. */
const [MAX_READ, MAX_KEPT] = [16_384, 200];

export function webhookCaller({ timeoutMs, publicOnly }: WebhookCallerOptions): WebhookCaller {
  const agentOptions = { keepAlive: true, ...(publicOnly && { lookup: lookupPublic }) };
  const agents = { http: new HttpAgent(agentOptions), https: new HttpsAgent(agentOptions) };

  async function call(endpoint: Endpoint, { id, body, at }: WebhookCall, signal: AbortSignal): Promise<WebhookAnswer> {
    const timestamp = Math.floor(at / 1000);
    const bytes = Buffer.from(body);
    const headers = {
      "content-type": "application/json",
      "content-length": bytes.length,
      "user-agent": "Waxseal-Webhooks/1",
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": signatureHeader(endpoint.keys, { id, timestamp, body: bytes }),
    };
    const deadline = deadlineOf(timeoutMs, signal);
    try {
      const literal = literalAddress(endpoint.url.hostname);
      if (publicOnly && literal !== undefined && !isPublicAddress(literal)) throw notPublic(literal);
      return await post(endpoint.url, { headers, signal: deadline.signal }, bytes);
    } catch (error) {
      const text = deadline.isOver() ? `no answer within ${timeoutMs / 1000} s` : describeError(error);
      return { status: 0, text, retryAfterMs: 0 };
    } finally {
      deadline.end();
    }
  }

  function post(url: URL, options: RequestOptions, body: Uint8Array): Promise<WebhookAnswer> {
    const isSecure = url.protocol === "https:";
    const request = isSecure ? httpsRequest : httpRequest;
    const agent = isSecure ? agents.https : agents.http;
    return new Promise((resolve, reject) => {
      const sent = request(url, { ...options, method: "POST", agent }, (response) => {
        read(response).then(resolve, reject);
      });
      sent.on("error", (error: NodeJS.ErrnoException) => {
        // The endpoint closed a connection that was at rest just as it was used again: no fault of its own.
        const wasStale = sent.reusedSocket && error.code === "ECONNRESET" && options.signal?.aborted !== true;
        if (wasStale) resolve(post(url, options, body));
        else reject(error);
      });
      sent.end(body);
    });
  }

  return {
    call,
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** Aborts after a time, or with `outer`. By hand: what AbortSignal.any ties to a signal that lives long, Node 20 and 22 keep. */
function deadlineOf(ms: number, outer: AbortSignal): { signal: AbortSignal; isOver(): boolean; end(): void } {
  const controller = new AbortController();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    controller.abort();
  }, ms);
  const stop = (): void => controller.abort();
  outer.addEventListener("abort", stop, { once: true });
  if (outer.aborted) stop();
  return {
    signal: controller.signal,
    isOver: () => isOver,
    end: () => {
      clearTimeout(timer);
      outer.removeEventListener("abort", stop);
    },
  };
}

/** Reads no more of an answer than is worth keeping its connection for. */
async function read(response: IncomingMessage): Promise<WebhookAnswer> {
  const status = response.statusCode ?? 0;
  const retryAfter = response.headers["retry-after"] ?? "";
  const retryAfterMs = /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1000 : 0;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_READ) break; // which ends the connection
  }
  const text = Buffer.concat(chunks)
    .toString("utf8", 0, MAX_KEPT)
    .replace(/[\p{Cc}\p{Cf}]+/gu, " ")
    .trim();
  return { status, text, retryAfterMs };
}
