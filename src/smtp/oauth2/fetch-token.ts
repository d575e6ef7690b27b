/** Asks a token endpoint for an access token (RFC 6749, sections 4.4 and 6), and reads its answer with care. */
import { describeError } from "../../base/index.ts";
import { isToken } from "../auth/secret-source.ts";
import { clip, showable } from "../quote.ts";
import { Secrets } from "../secrets.ts";
import type { Fault } from "../transcript.ts";
import type { Grant } from "./grant.ts";

const TIMEOUT_MS = 30_000;
/** Access tokens have 2 to 4 KB. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** For an endpoint that does not say; RFC 6749, section 5.1, recommends that it does. */
const DEFAULT_LIFETIME_SECONDS = 300;

export interface TokenAnswer {
  readonly accessToken: string;
  readonly lifetimeMs: number;
  /** A new one, where the endpoint replaces the old. */
  readonly refreshToken: string | undefined;
}

/** Fetches a token, or says why there is none, in the endpoint's words and without a secret. */
export async function fetchToken(grant: Grant): Promise<TokenAnswer | Fault> {
  const secrets = new Secrets();
  for (const secret of [grant.clientSecret, grant.refreshToken]) {
    if (secret === undefined) continue;
    secrets.add(secret);
    secrets.add(encodeURIComponent(secret));
  }
  const fault = await attempt(grant);
  return "code" in fault ? { ...fault, what: secrets.hide(fault.what) } : fault;
}

async function attempt(grant: Grant): Promise<TokenAnswer | Fault> {
  const { tokenUrl } = grant;
  try {
    const response = await fetch(tokenUrl, {
      method: "POST",
      body: formOf(grant),
      headers: { accept: "application/json" },
      // The form holds secrets: it goes to this address and to no other.
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const fields = fieldsOf(await readBounded(response));
    return response.ok ? readAnswer(tokenUrl, fields) : refusedFault(tokenUrl, response.status, fields);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const what = `${shown(tokenUrl)} gave no access token: ${showable(clip(describeError(cause), 200))}`;
    return { code: "WX_SMTP_OAUTH2", what, advice: "Check this machine's network", retryable: true, cause: error };
  }
}

function formOf({ clientId, clientSecret, refreshToken, scope }: Grant): URLSearchParams {
  return new URLSearchParams({
    client_id: clientId,
    ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
    ...(refreshToken === undefined
      ? { grant_type: "client_credentials" }
      : { grant_type: "refresh_token", refresh_token: refreshToken }),
    ...(scope === undefined ? {} : { scope }),
  });
}

async function readBounded(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > MAX_ANSWER_BYTES) throw new Error("it answered with more than 64 KB");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** The fields of a JSON object; none where the answer is anything else. */
function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function readAnswer(tokenUrl: URL, fields: Readonly<Record<string, unknown>>): TokenAnswer | Fault {
  const { access_token: accessToken, expires_in: expiresIn, refresh_token: refreshToken } = fields;
  if (!isToken(accessToken)) {
    const what = `${shown(tokenUrl)} answered without an access token`;
    const advice = "Check that tokenUrl is the address of an OAuth 2.0 token endpoint";
    return { code: "WX_SMTP_OAUTH2", what, advice, retryable: true };
  }
  // Some endpoints write the number as text.
  const seconds = Number(expiresIn ?? DEFAULT_LIFETIME_SECONDS);
  return {
    accessToken,
    lifetimeMs: (seconds > 0 ? seconds : DEFAULT_LIFETIME_SECONDS) * 1000,
    refreshToken: typeof refreshToken === "string" && refreshToken !== "" ? refreshToken : undefined,
  };
}

/** What the errors of RFC 6749, section 5.2, ask for. */
const ADVICE: Readonly<Record<string, string>> = {
  invalid_grant: "The refresh token has expired or was revoked: let the user consent again, and set the new one",
  invalid_client: "Check clientId and clientSecret",
  unauthorized_client: "Allow this client the grant at the provider, or use the one it was made for",
  invalid_scope: "Check scope, and that the user has consented to it",
};

function refusedFault(tokenUrl: URL, status: number, fields: Readonly<Record<string, unknown>>): Fault {
  const words = [fields["error"], fields["error_description"]].filter((word) => typeof word === "string");
  const said = showable(clip(words.join(": "), 400));
  return {
    code: "WX_SMTP_OAUTH2",
    what: `${shown(tokenUrl)} answered ${status}${said === "" ? "" : ` "${said}"`} and gave no access token`,
    advice: ADVICE[String(fields["error"])] ?? "Check the options of auth.oauth2 against the provider's pages",
    retryable: status >= 500 || status === 429 || status === 408,
  };
}

/** Without the query, which may hold a key. */
const shown = (url: URL): string => `${url.origin}${url.pathname}`;
