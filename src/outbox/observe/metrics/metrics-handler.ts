/** Answers a scrape over HTTP. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Metrics } from "./metrics.ts";

/**
 * A fetch handler that answers with the metrics, to mount where Prometheus looks.
 *
 * @param options.token What a scrape must carry (`Authorization: Bearer ...`). Without it the handler answers everybody:
 *   then serve it where only Prometheus gets.
 * @example
 * app.get("/metrics", (c) => handler(c.req.raw)); // const handler = metricsHandler(metrics, { token })
 */
export function metricsHandler(
  metrics: Pick<Metrics, "text" | "contentType">,
  { token }: { token?: string | undefined } = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    if (token !== undefined && !isBearer(request.headers.get("authorization") ?? "", token)) {
      return new Response("A bearer token is needed.\n", { status: 401, headers: { "www-authenticate": "Bearer" } });
    }
    const headers = { "content-type": metrics.contentType, "cache-control": "no-store" };
    return new Response(await metrics.text(), { headers });
  };
}

function isBearer(header: string, token: string): boolean {
  const given = /^bearer +(.+)$/i.exec(header)?.[1] ?? "";
  return timingSafeEqual(digest(given), digest(token));
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
