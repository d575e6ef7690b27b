/** Certificates for tests: an authority made on the spot, what it signs, and a certificate nobody signed. */
import { generate } from "selfsigned";

/** A server's private key and certificate, both PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

/** What a certificate is to say. */
export interface CertificateRequest {
  /** DNS names the certificate is for. */
  readonly names: readonly string[];
  /** IP addresses the certificate is for. */
  readonly ips?: readonly string[];
  /** True for a certificate whose time ran out yesterday. */
  readonly expired?: boolean;
}

/** An authority and the two ways of getting a certificate. */
export interface Certificates {
  /** The authority's certificate, PEM: hand it to `ca` of a TLS connection. */
  readonly ca: string;
  /** A certificate that the authority signed. */
  issue(request: CertificateRequest): Promise<KeyAndCertificate>;
  /** A certificate that only its own key signed, so that no authority vouches for it. */
  selfSigned(request: CertificateRequest): Promise<KeyAndCertificate>;
}

const DAY_MS = 86_400_000;
const ELLIPTIC = { keyType: "ec", algorithm: "sha256" } as const;

async function serverCertificate(request: CertificateRequest, ca?: KeyAndCertificate): Promise<KeyAndCertificate> {
  const { names, ips = [], expired = false } = request;
  const now = Date.now();
  const pair = await generate([{ name: "commonName", value: names[0] ?? ips[0] ?? "nobody" }], {
    ...ELLIPTIC,
    notBeforeDate: new Date(now - 2 * DAY_MS),
    notAfterDate: new Date(expired ? now - DAY_MS : now + DAY_MS),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          ...names.map((value) => ({ type: 2, value }) as const),
          ...ips.map((ip) => ({ type: 7, ip }) as const),
        ],
      },
    ],
    ...(ca === undefined ? {} : { ca }),
  });
  return { key: pair.private, cert: pair.cert };
}

/** Makes a new authority; nothing is written anywhere, and nothing outside the test trusts it. */
export async function createCertificates(): Promise<Certificates> {
  const now = Date.now();
  const pair = await generate([{ name: "commonName", value: "Waxseal test authority" }], {
    ...ELLIPTIC,
    notBeforeDate: new Date(now - 3 * DAY_MS),
    notAfterDate: new Date(now + 3 * DAY_MS),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const ca: KeyAndCertificate = { key: pair.private, cert: pair.cert };
  return {
    ca: ca.cert,
    issue: (request) => serverCertificate(request, ca),
    selfSigned: (request) => serverCertificate(request),
  };
}
