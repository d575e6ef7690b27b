/** Sends through Mailgun, which takes the message's own bytes (https://documentation.mailgun.com, messages.mime). */
import { randomBytes } from "node:crypto";
import type { Backend, Envelope } from "../../backend.ts";
import { badOption, requireTexts } from "../options.ts";
import { createEndpoint, type HttpOptions } from "./endpoint.ts";
import type { HttpAnswer, HttpRequest } from "./exchange.ts";
import { type HttpFault, kindOfStatus } from "./fault.ts";
import { createHttpBackend, type Taken } from "./http-backend.ts";
import { textAt } from "./json.ts";

/** What Mailgun has to be told. */
export interface MailgunOptions extends HttpOptions {
  apiKey: string;
  /** The sending domain, such as `mg.example.com`. */
  domain: string;
}

/**
 * A backend that posts to Mailgun. The recipients get the bytes as they were composed.
 *
 * Tags become `o:tag`, metadata `v:...`, which Mailgun writes into the message too (X-Mailgun-Variables). `requireTls`
 * becomes `o:require-tls`. The base URL of domains in the EU is `https://api.eu.mailgun.net`.
 *
 * @throws MailerError WX_MAILER_OPTION
 *
 * @example
 * mailgunBackend({ apiKey: process.env.MAILGUN_API_KEY, domain: "mg.example.com" })
 */
export function mailgunBackend(options: MailgunOptions): Backend {
  const endpoint = createEndpoint("Mailgun", options, ["apiKey", "domain"], "https://api.mailgun.net");
  requireTexts("Mailgun", options, ["apiKey", "domain"]);
  if (!/^[\w.-]+$/.test(options.domain)) {
    throw badOption("Mailgun", "domain", "must be a domain such as mg.example.com.");
  }
  return createHttpBackend({
    endpoint,
    canRequireTls: true,
    request: (envelope, bytes) => request(options, envelope, bytes),
    read,
  });
}

function request({ apiKey, domain }: MailgunOptions, envelope: Envelope, bytes: Uint8Array): HttpRequest {
  const { to, tags = [], metadata = {}, requireTls } = envelope;
  const fields: [string, string][] = [
    ...to.map((address) => ["to", address] as [string, string]),
    ...tags.map((tag) => ["o:tag", tag] as [string, string]),
    ...Object.entries(metadata).map(([name, value]) => [`v:${name}`, value] as [string, string]),
    ...(requireTls === true ? [["o:require-tls", "yes"] as [string, string]] : []),
  ];
  const boundary = `waxseal-${randomBytes(18).toString("base64url")}`;
  return {
    path: `/v3/${domain}/messages.mime`,
    headers: {
      authorization: `Basic ${Buffer.from(`api:${apiKey}`).toString("base64")}`,
      "content-type": `multipart/form-data; boundary=${boundary}`,
    },
    body: formData(boundary, fields, bytes),
  };
}

/** By hand (RFC 7578), so that the bytes go as they are and in one piece: a FormData would have them copied into a Blob. */
function formData(boundary: string, fields: readonly [string, string][], message: Uint8Array): Uint8Array<ArrayBuffer> {
  const part = (name: string, more = ""): string =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${escaped(name)}"${more}\r\n\r\n`;
  const texts = fields.map(([name, value]) => `${part(name)}${value}\r\n`).join("");
  const file = part("message", '; filename="message.mime"\r\ncontent-type: message/rfc822');
  return Buffer.concat([Buffer.from(texts + file), message, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

/** As browsers write names. */
function escaped(name: string): string {
  return name.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function read({ status, json, text }: HttpAnswer): Taken | HttpFault {
  if (status >= 200 && status < 300) return { id: textAt(json, "id") };
  const words = textAt(json, "message") || text;
  const isRecipient = status === 400 && /'?to'? parameter is not a valid address/i.test(words);
  return { kind: isRecipient ? "recipient" : kindOfStatus(status), code: "", text: words };
}
