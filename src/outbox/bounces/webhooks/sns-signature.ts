/** Checks that a message is Amazon SNS' own (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html). */
import { verify, X509Certificate } from "node:crypto";
import { textAt } from "./json.ts";

/** Fetches a URL; what is given for a test. */
export type Fetch = (url: string, init: { signal: AbortSignal; redirect: "error" }) => Promise<Response>;

/** What is signed, by type; a field that is not there is left out with its name. */
const SIGNED: Readonly<Record<string, readonly string[]>> = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
  UnsubscribeConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
};
const ALGORITHMS: Readonly<Record<string, string>> = { 1: "sha1", 2: "sha256" };
const FETCH_MS = 10_000;
const LONGEST_CERTIFICATE = 32 * 1024;

/** Whether a URL leads to SNS itself: nobody else may vouch for a message or be called for it. */
export function isSnsUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, port, username, hostname } = new URL(text);
  const isHost = /^sns\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?$/.test(hostname);
  return protocol === "https:" && port === "" && username === "" && isHost;
}

/** A check that keeps the few certificates SNS uses. */
export function createSnsVerifier(fetch: Fetch): (message: unknown, now: number) => Promise<boolean> {
  const certificates = new Map<string, X509Certificate>();

  async function certificateAt(url: string): Promise<X509Certificate> {
    const known = certificates.get(url);
    if (known !== undefined) return known;
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS), redirect: "error" });
    if (!response.ok) throw new Error(`The certificate of Amazon SNS could not be had: ${response.status}`);
    const pem = await response.text();
    const certificate = new X509Certificate(pem.slice(0, LONGEST_CERTIFICATE));
    if (certificates.size >= 10) certificates.clear();
    certificates.set(url, certificate);
    return certificate;
  }

  return async (message, now) => {
    const url = textAt(message, "SigningCertURL");
    const algorithm = ALGORITHMS[textAt(message, "SignatureVersion")];
    const content = signedContent(message);
    if (algorithm === undefined || content === undefined || !isSnsUrl(url)) return false;
    const certificate = await certificateAt(url);
    if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo)) return false;
    const signature = Buffer.from(textAt(message, "Signature"), "base64");
    return verify(algorithm, Buffer.from(content), certificate.publicKey, signature);
  };
}

function signedContent(message: unknown): string | undefined {
  const type = textAt(message, "Type");
  const names = Object.hasOwn(SIGNED, type) ? SIGNED[type] : undefined;
  return names
    ?.map((name) => [name, textAt(message, name)] as const)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}\n${value}\n`)
    .join("");
}
