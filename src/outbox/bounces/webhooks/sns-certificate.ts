/** The certificates that Amazon SNS signs with: where they may be fetched, and whose they must be. */
import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";

/** Whether a URL leads to SNS itself: nobody else may vouch for a message or be called for it. */
export function isSnsUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, port, username, hostname } = new URL(text);
  const isHost = /^sns\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?$/.test(hostname);
  return protocol === "https:" && port === "" && username === "" && isHost;
}

/**
 * Whether a URL is that of a certificate. The same hosts answer the calls of SNS' API, and some of these answers hold what
 * anybody wrote there: only the place of the certificates counts, and nothing may be asked of it.
 */
export function isCertificateUrl(text: string): boolean {
  if (!isSnsUrl(text) || /[?#]/.test(text)) return false;
  return /^\/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem$/.test(new URL(text).pathname);
}

/** By region: `sns`, `sns-signing.REGION`, `sns-REGION` or `sns.REGION`, as AWS' own libraries expect. */
const NAME = /^sns(?:-signing)?(?:[.-][a-z0-9-]{1,40})?\.amazonaws\.com(?:\.cn)?$/;
const MOST_CERTIFICATES = 10;

/**
 * The certificate that signs, first in a PEM file; undefined where it is not that of SNS, is not valid now, or where a
 * chain that came with it does not lead to an authority.
 *
 * SNS serves its certificate without the one that issued it. Alone it is taken, as it came over TLS from SNS' own host;
 * what signed itself never is.
 *
 * @param roots PEM. Default: the authorities that Node trusts.
 */
export function readCertificate(
  pem: string,
  now: number,
  roots: readonly string[] = rootCertificates,
): X509Certificate | undefined {
  const found = [...pem.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)];
  const [signing, ...others] = found.slice(0, MOST_CERTIFICATES).map(([text]) => new X509Certificate(text));
  if (signing === undefined || !isOfSns(signing) || signing.issuer === signing.subject) return undefined;
  return leadsToRoot(signing, others, { now, roots }) ? signing : undefined;
}

/** Whether a certificate is valid at that time. */
export function isInTime({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return now >= Date.parse(validFrom) && now <= Date.parse(validTo);
}

function leadsToRoot(
  signing: X509Certificate,
  others: readonly X509Certificate[],
  { now, roots }: { now: number; roots: readonly string[] },
): boolean {
  const authorities = roots.map((root) => new X509Certificate(root));
  let [current, left] = [signing, others];
  while (isInTime(current, now)) {
    const certificate = current;
    if (authorities.some((root) => hasIssued(root, certificate))) return true;
    const issuer = left.find((other) => hasIssued(other, certificate));
    if (issuer === undefined) return others.length === 0;
    left = left.filter((other) => other !== issuer);
    current = issuer;
  }
  return false;
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isOfSns({ subject, subjectAltName = "" }: X509Certificate): boolean {
  const names = [...subject.matchAll(/^CN=(.*)$/gm), ...subjectAltName.matchAll(/\bDNS:([^,\s]+)/g)];
  return names.some(([, name]) => NAME.test(name ?? ""));
}
