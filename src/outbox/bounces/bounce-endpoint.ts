/** An HTTP endpoint that takes mails which came back, whole as they came: for a mail server that pipes them on. */
import { describeError, findUnknownOption, type Logger, silentLogger } from "../../base/index.ts";
import { OutboxError } from "../errors.ts";
import type { Bounces } from "./bounces.ts";
import { answer, later, readBody, sameSecret } from "./http-body.ts";

/** What the endpoint is made of. */
export interface BounceEndpointOptions {
  bounces: Bounces;
  /** Who calls must know it: `Authorization: Bearer TOKEN`. At least 16 characters. */
  token: string;
  /** The longest mail, in bytes. Default 25 MiB. */
  maxBytes?: number | undefined;
  logger?: Logger | undefined;
}

const SHORTEST_TOKEN = 16;
const MAX_BYTES = 25 * 1024 * 1024;

/**
 * A fetch handler for `POST` with a mail as its body. `?to=` may name the envelope's recipient, several times for several.
 *
 * Answers 200 with `{ "outcome", "recipients" }`, 401 without the token, 405 for other methods, 413 for a mail that is
 * too long, and 503 for one that must be brought again.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS` for a short token or an option that does not exist
 * @example
 * const handle = bounceEndpoint({ bounces, token });
 * // curl --data-binary @bounce.eml -H "Authorization: Bearer $TOKEN" "https://app.example/bounces?to=..."
 */
export function bounceEndpoint(options: BounceEndpointOptions): (request: Request) => Promise<Response> {
  const unknown = findUnknownOption(options, ["bounces", "token", "maxBytes", "logger"]);
  if (unknown !== undefined) {
    throw new OutboxError("WX_OUTBOX_OPTIONS", `bounceEndpoint has no option "${unknown.name}". ${unknown.hint}`);
  }
  const { bounces, token, maxBytes = MAX_BYTES, logger = silentLogger } = options;
  if (typeof token !== "string" || token.length < SHORTEST_TOKEN) {
    throw new OutboxError(
      "WX_OUTBOX_OPTIONS",
      `bounceEndpoint: token must have at least ${SHORTEST_TOKEN} characters.`,
    );
  }
  return async (request) => {
    if (request.method !== "POST") return answer(405, { error: "Use POST." }, { allow: "POST" });
    if (!sameSecret(request.headers.get("authorization") ?? "", `Bearer ${token}`)) {
      return answer(401, { error: "The token is missing or wrong." }, { "www-authenticate": "Bearer" });
    }
    const raw = await readBody(request, maxBytes);
    if (raw === undefined) return answer(413, { error: `A mail may have ${maxBytes} bytes.` });
    try {
      const sentTo = new URL(request.url).searchParams.getAll("to").slice(0, 50);
      const { outcome, recipients } = await bounces.take(raw, { source: "http", sentTo });
      return outcome === "too-soon" ? later() : answer(200, { outcome, recipients });
    } catch (error) {
      logger.log("error", "outbox.report-failed", { source: "http", reason: describeError(error) });
      return later();
    }
  };
}
