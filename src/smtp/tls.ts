/** TLS 1.2 or later over a connected socket, certificate and host name checked, and its failures in plain words. */
import { isIP, type Socket } from "node:net";
import { connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import { clip, showable } from "./quote.ts";
import type { Fault } from "./transcript.ts";

/** Whom to trust, and who we are, when TLS is made. */
export interface SmtpTlsOptions {
  /** Certificates of the authorities to trust, PEM, instead of the ones Node.js brings. */
  ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** The name the server's certificate must be for, where it is not `host`. */
  servername?: string | undefined;
  /** Our own certificate, PEM, for a server that asks for one. */
  cert?: string | undefined;
  /** The private key of `cert`, PEM. */
  key?: string | undefined;
  /** Trusts any server, so anyone on the way can read the password and the mail. For a test on your own machine. */
  dangerouslyAcceptAnyCertificate?: boolean | undefined;
}

/** What every handshake with one server has in common, built once. */
export interface TlsSettings {
  readonly secureContext: SecureContext;
  /** The name to check the certificate against. */
  readonly name: string;
  readonly acceptAny: boolean;
  /** `host:port`, for errors. */
  readonly server: string;
}

const asBuffer = (pem: string | Uint8Array): string | Buffer => (typeof pem === "string" ? pem : Buffer.from(pem));

/** Reads the certificates; throws Node's own error where one is malformed. */
export function makeTlsSettings(options: SmtpTlsOptions, host: string, server: string): TlsSettings {
  const { ca, cert, key } = options;
  const list = ca === undefined || typeof ca === "string" || ca instanceof Uint8Array ? ca : ca.map(asBuffer);
  const secureContext = createSecureContext({
    minVersion: "TLSv1.2",
    ...(list === undefined ? {} : { ca: list instanceof Uint8Array ? asBuffer(list) : list }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  const acceptAny = options.dangerouslyAcceptAnyCertificate === true;
  return { secureContext, name: options.servername ?? host, acceptAny, server };
}

/** Makes the handshake; returns the encrypted socket, or why there is none (the socket is destroyed then). */
export function secureSocket(socket: Socket, settings: TlsSettings): Promise<TLSSocket | Fault> {
  return new Promise((resolve) => {
    const { name } = settings;
    const secured = connect({
      socket,
      secureContext: settings.secureContext,
      rejectUnauthorized: !settings.acceptAny,
      // `host` is what the certificate is checked against; SNI must not carry an IP address (RFC 6066, section 3).
      host: name,
      ...(isIP(name) === 0 ? { servername: name } : {}),
    });
    const fail = (error?: Error): void => {
      secured.destroy();
      socket.destroy();
      resolve(handshakeFault(settings, error, Boolean(secured.authorizationError)));
    };
    const onClose = (): void => fail();
    secured.once("error", fail).once("close", onClose);
    secured.once("secureConnect", () => {
      secured.off("error", fail).off("close", onClose);
      resolve(secured);
    });
    // A second error, after the first was answered, must not end the process.
    secured.on("error", () => {});
  });
}

/** Node names certificate faults by OpenSSL's codes. */
const CERTIFICATE_FAULTS: Readonly<Record<string, { is: string; advice: string }>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    is: "is self-signed",
    advice: "Give that certificate as tls.ca if it is yours, or let the server use one of a public authority",
  },
  SELF_SIGNED_CERT_IN_CHAIN: {
    is: "comes from an authority that is not known here",
    advice: "Give that authority's certificate as tls.ca if you trust it",
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    is: "comes from an authority that is not known here, or the server leaves out an intermediate certificate",
    advice: "Give that authority's certificate as tls.ca if you trust it",
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    is: "comes from an authority that is not known here, or the server leaves out an intermediate certificate",
    advice: "Give that authority's certificate as tls.ca if you trust it",
  },
  CERT_HAS_EXPIRED: {
    is: "has expired",
    advice: "Let the server's operator renew it, and check this machine's clock",
  },
  CERT_NOT_YET_VALID: { is: "is not valid yet", advice: "Check this machine's clock" },
};

const OTHER_CERTIFICATE_FAULT = {
  is: "cannot be trusted",
  advice: "Ask the server's operator for a valid certificate",
};

function handshakeFault(settings: TlsSettings, error: Error | undefined, aboutCertificate: boolean): Fault {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return wrongNameFault(settings, error);
  if (aboutCertificate) {
    const { is, advice } = CERTIFICATE_FAULTS[code] ?? OTHER_CERTIFICATE_FAULT;
    const what = `The certificate of ${settings.server} ${is} (${code})`;
    return { code: "WX_SMTP_TLS_CERTIFICATE", what, advice, retryable: false, cause: error };
  }
  return { code: "WX_SMTP_TLS", ...handshakeWords(settings.server, code, error), retryable: true, cause: error };
}

function wrongNameFault(settings: TlsSettings, error: Error | undefined): Fault {
  const certificate = (error as { cert?: { subjectaltname?: string; subject?: { CN?: string } } }).cert;
  const names = certificate?.subjectaltname ?? certificate?.subject?.CN ?? "no name at all";
  return {
    code: "WX_SMTP_TLS_CERTIFICATE",
    what: `The certificate of ${settings.server} is for ${showable(clip(names, 200))}, not for ${settings.name} (ERR_TLS_CERT_ALTNAME_INVALID)`,
    advice:
      "Set host to a name the certificate is for; where that is right but the connection goes elsewhere, tls.servername",
    retryable: false,
    cause: error,
  };
}

const NOT_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|HTTP_REQUEST|UNEXPECTED_MESSAGE/;
const OLD_TLS = /UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION|NO_PROTOCOLS_AVAILABLE/;

function handshakeWords(server: string, code: string, error: Error | undefined): { what: string; advice: string } {
  if (NOT_TLS.test(code)) {
    return {
      what: `${server} answered the TLS handshake with something that is not TLS (${code})`,
      advice: `If this port begins in plain text (as 587 and 25 do), set security to "starttls"`,
    };
  }
  if (OLD_TLS.test(code)) {
    return {
      what: `${server} speaks only a TLS version older than 1.2 (${code})`,
      advice: "Ask its operator to enable TLS 1.2 or 1.3, or use another server",
    };
  }
  const why = error === undefined ? "the connection was closed" : showable(clip(error.message.trim(), 200));
  return {
    what: `The TLS handshake with ${server} failed: ${why}`,
    advice: "Try again later, and check host and port",
  };
}
