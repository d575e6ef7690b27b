/** Checks that a message is Amazon SNS' own (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html). */
import { verify, type X509Certificate } from "node:crypto";
import { textAt } from "./json.ts";
import { isCertificateUrl, isInTime, readCertificate } from "./sns-certificate.ts";

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

/** A check that keeps the few certificates SNS uses. */
export function createSnsVerifier(fetch: Fetch): (message: unknown, now: number) => Promise<boolean> {
  const certificates = new Map<string, X509Certificate>();

  /** Undefined for one that SNS cannot have signed with. */
  async function certificateAt(url: string, now: number): Promise<X509Certificate | undefined> {
    const known = certificates.get(url);
    if (known !== undefined) return known;
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS), redirect: "error" });
    if (!response.ok) throw new Error(`The certificate of Amazon SNS could not be had: ${response.status}`);
    const pem = await response.text();
    const certificate = readCertificate(pem.slice(0, LONGEST_CERTIFICATE), now);
    if (certificate === undefined) return undefined;
    if (certificates.size >= 10) certificates.clear();
    certificates.set(url, certificate);
    return certificate;
  }

  return async (message, now) => {
    const url = textAt(message, "SigningCertURL");
    const algorithm = ALGORITHMS[textAt(message, "SignatureVersion")];
    const content = signedContent(message);
    if (algorithm === undefined || content === undefined || !isCertificateUrl(url)) return false;
    const certificate = await certificateAt(url, now);
    if (certificate === undefined || !isInTime(certificate, now)) return false;
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
