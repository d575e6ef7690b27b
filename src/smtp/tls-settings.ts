/** Whom to trust and who we are when TLS is made: what the caller may give, and what every handshake uses. */
import { createSecureContext, type SecureContext } from "node:tls";
import { describeError } from "../base/index.ts";
import { check, checkNames, optionError } from "./option-check.ts";

/** Whom to trust, and who we are, when TLS is made. */
export interface SmtpTlsOptions {
  /** Certificates of the authorities to trust, PEM, instead of the ones Node.js brings. */
  ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** The name the server's certificate must be for, where it is not `host`. */
  servername?: string | undefined;
  /**
   * The SHA-256 fingerprint of the server's certificate, in hex with or without colons, or several: one of them it must
   * have, beside all that is checked otherwise. `openssl x509 -noout -fingerprint -sha256` prints it.
   */
  fingerprint?: string | readonly string[] | undefined;
  /** Our own certificate, PEM, for a server that asks for one. */
  cert?: string | undefined;
  /** The private key of `cert`, PEM. */
  key?: string | undefined;
  /** What `key` is encrypted with. */
  passphrase?: string | undefined;
  /** Trusts any server, so anyone on the way can read the password and the mail. For a test on your own machine. */
  dangerouslyAcceptAnyCertificate?: boolean | undefined;
}

/** What every handshake with one server has in common, built once for a pool. */
export interface TlsSettings {
  readonly secureContext: SecureContext;
  /** The name to check the certificate against. */
  readonly name: string;
  /** The fingerprints that are right, as Node writes them; none where any is. */
  readonly fingerprints: readonly string[];
  readonly acceptAny: boolean;
  /** `host:port`, for errors. */
  readonly server: string;
  /** What the server gave us to resume by (RFC 8446, section 2.2): of a connection whose certificate was checked. */
  readonly resumption: { session: Buffer | undefined };
}

const NAMES: Record<keyof SmtpTlsOptions, true> = {
  ca: true,
  servername: true,
  fingerprint: true,
  cert: true,
  key: true,
  passphrase: true,
  dangerouslyAcceptAnyCertificate: true,
};
const NAME = /^[A-Za-z0-9._:%-]{1,255}$/;
const FINGERPRINT = /^(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/;

/** Checks the options and reads the certificates; throws `WX_SMTP_OPTIONS`. */
export function makeTlsSettings(options: SmtpTlsOptions, host: string, server: string): TlsSettings {
  checkNames("tls.", options, NAMES);
  const { servername } = options;
  check(servername === undefined || NAME.test(servername), "tls.servername", servername, "a host name");
  return {
    secureContext: makeSecureContext(options),
    name: servername ?? host,
    fingerprints: [options.fingerprint ?? []].flat().map(readFingerprint),
    acceptAny: options.dangerouslyAcceptAnyCertificate === true,
    server,
    resumption: { session: undefined },
  };
}

const asBuffer = (pem: string | Uint8Array): string | Buffer => (typeof pem === "string" ? pem : Buffer.from(pem));

function makeSecureContext({ ca, cert, key, passphrase }: SmtpTlsOptions): SecureContext {
  try {
    return createSecureContext({
      minVersion: "TLSv1.2",
      ...(ca === undefined ? {} : { ca: [ca].flat().map(asBuffer) }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(passphrase === undefined ? {} : { passphrase }),
    });
  } catch (error) {
    // Node's text names what is malformed and quotes nothing of it.
    const what = `tls.ca, tls.cert or tls.key cannot be read: ${describeError(error)}`;
    throw optionError(`${what}. Give them in PEM format, and tls.passphrase where the key is encrypted.`);
  }
}

/** Upper case with colons, which is how Node writes it. */
function readFingerprint(given: unknown): string {
  check(typeof given === "string" && FINGERPRINT.test(given), "tls.fingerprint", given, "a SHA-256 in hex, 32 bytes");
  const hex = String(given).replaceAll(":", "").toUpperCase();
  return hex.match(/../g)?.join(":") ?? "";
}
