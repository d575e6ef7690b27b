/** Sends through Amazon SES v2, which takes the message's own bytes (API_SendEmail of the SES v2 reference). */
import type { Backend, Envelope } from "../../backend.ts";
import { badOption, requireTexts } from "../options.ts";
import { createEndpoint, type Endpoint, type HttpOptions } from "./endpoint.ts";
import type { HttpAnswer, HttpRequest } from "./exchange.ts";
import { type FaultKind, type HttpFault, kindOfStatus, kindOfCode } from "./fault.ts";
import { createHttpBackend, type Taken } from "./http-backend.ts";
import { textAt } from "./json.ts";
import { signSigv4 } from "./sigv4.ts";

/** What SES has to be told. */
export interface SesOptions extends HttpOptions {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of credentials that expire. */
  sessionToken?: string | undefined;
  /** Such as `eu-west-1`. */
  region: string;
  configurationSet?: string | undefined;
}

const own = ["accessKeyId", "secretAccessKey", "sessionToken", "region", "configurationSet"];

/** Refusals whose status does not say what they are about. */
const KINDS: Readonly<Record<string, FaultKind>> = {
  AccountSuspendedException: "account",
  LimitExceededException: "later",
  MailFromDomainNotVerifiedException: "account",
  SendingPausedException: "account",
  ThrottlingException: "later",
  TooManyRequestsException: "later",
};

/**
 * A backend that posts to Amazon SES. The recipients get the bytes as they were composed, but for the Message-ID and
 * Date, which SES writes anew.
 *
 * Metadata become tags with their values, tags become tags with the value `1`. Requests are signed with SigV4.
 *
 * @throws MailerError WX_MAILER_OPTION
 *
 * @example
 * sesBackend({ region: "eu-west-1", accessKeyId, secretAccessKey })
 */
export function sesBackend(options: SesOptions): Backend {
  const endpoint = createEndpoint("Amazon SES", options, own, `https://email.${options.region}.amazonaws.com`);
  requireTexts("Amazon SES", options, ["accessKeyId", "secretAccessKey", "region"]);
  if (!/^[a-z0-9-]+$/.test(options.region)) throw badOption("Amazon SES", "region", "must be one such as eu-west-1.");
  if (options.sessionToken !== undefined) requireTexts("Amazon SES", options, ["sessionToken"]);
  if (options.configurationSet !== undefined) requireTexts("Amazon SES", options, ["configurationSet"]);
  return createHttpBackend({
    endpoint,
    request: (envelope, bytes) => request(endpoint, options, envelope, bytes),
    read,
  });
}

function request(endpoint: Endpoint, options: SesOptions, envelope: Envelope, bytes: Uint8Array): HttpRequest {
  const { accessKeyId, secretAccessKey, sessionToken, region } = options;
  const path = "/v2/email/outbound-emails";
  const body = JSON.stringify(content(options, envelope, bytes));
  const headers = signSigv4(
    { accessKeyId, secretAccessKey, sessionToken, region, service: "ses" },
    {
      method: "POST",
      path: new URL(endpoint.baseUrl + path).pathname,
      headers: { host: endpoint.host, "content-type": "application/json" },
      body,
      now: endpoint.clock.now(),
    },
  );
  return { path, headers, body };
}

function content({ configurationSet }: SesOptions, envelope: Envelope, bytes: Uint8Array): object {
  const { from, to, tags = [], metadata = {} } = envelope;
  const labels = [...tags.map((tag) => [tag, "1"] as const), ...Object.entries(metadata)];
  return {
    ...(from !== "" && { FromEmailAddress: from }),
    // With raw content only these get the message, whatever its headers say.
    Destination: { ToAddresses: to },
    Content: { Raw: { Data: Buffer.from(bytes).toString("base64") } },
    ...(labels.length > 0 && { EmailTags: labels.map(([Name, Value]) => ({ Name, Value })) }),
    ...(configurationSet !== undefined && { ConfigurationSetName: configurationSet }),
  };
}

function read({ status, headers, json, text }: HttpAnswer): Taken | HttpFault {
  if (status >= 200 && status < 300) return { id: textAt(json, "MessageId") };
  const type = headers.get("x-amzn-errortype") ?? textAt(json, "__type");
  // `MessageRejected:http://...` or `com.amazonaws...#MessageRejected`
  const code = type.replace(/:.*$/, "").replace(/^.*#/, "");
  const words = textAt(json, "message") || textAt(json, "Message") || text;
  return { kind: kindOfCode(KINDS, code) ?? kindOfStatus(status), code, text: words };
}
