/** Why TLS was not made, in plain words. */
import type { FaultKind } from "./diagnosis/fault-kinds.ts";
import { clip, showable } from "./quote.ts";
import type { TlsSettings } from "./tls-settings.ts";
import type { Fault } from "./transcript.ts";

/** Node names certificate faults by OpenSSL's codes. */
const CERTIFICATE_FAULTS: Readonly<Record<string, { is: string; advice: string; kind: FaultKind }>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    is: "is self-signed",
    advice: "Give that certificate as tls.ca if it is yours, or let the server use one of a public authority",
    kind: "certificate-self-signed",
  },
  SELF_SIGNED_CERT_IN_CHAIN: {
    is: "comes from an authority that is not known here",
    advice: "Give that authority's certificate as tls.ca if you trust it",
    kind: "certificate-unknown-authority",
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    is: "comes from an authority that is not known here, or the server leaves out an intermediate certificate",
    advice: "Give that authority's certificate as tls.ca if you trust it",
    kind: "certificate-unknown-authority",
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    is: "comes from an authority that is not known here, or the server leaves out an intermediate certificate",
    advice: "Give that authority's certificate as tls.ca if you trust it",
    kind: "certificate-unknown-authority",
  },
  CERT_HAS_EXPIRED: {
    is: "has expired",
    advice: "Let the server's operator renew it, and check this machine's clock",
    kind: "certificate-expired",
  },
  CERT_NOT_YET_VALID: {
    is: "is not valid yet",
    advice: "Check this machine's clock",
    kind: "certificate-not-yet-valid",
  },
};

const OTHER_CERTIFICATE_FAULT = {
  kind: undefined,
  is: "cannot be trusted",
  advice: "Ask the server's operator for a valid certificate",
};

/** The fault of a handshake that failed; `aboutCertificate` where Node found the certificate wanting. */
export function handshakeFault(settings: TlsSettings, error: Error | undefined, aboutCertificate: boolean): Fault {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return wrongNameFault(settings, error);
  if (aboutCertificate) {
    const { is, advice, kind } = CERTIFICATE_FAULTS[code] ?? OTHER_CERTIFICATE_FAULT;
    const what = `The certificate of ${settings.server} ${is} (${code})`;
    return { code: "WX_SMTP_TLS_CERTIFICATE", what, advice, kind, retryable: false, cause: error };
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
    kind: "certificate-wrong-name",
    retryable: false,
    cause: error,
  };
}

/** What OpenSSL makes of first bytes that are no TLS record, such as the "220 " of a plain greeting. */
const NOT_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|HTTP_REQUEST|UNEXPECTED_MESSAGE/;
const OLD_TLS = /UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION|NO_PROTOCOLS_AVAILABLE/;

function handshakeWords(
  server: string,
  code: string,
  error: Error | undefined,
): Pick<Fault, "what" | "advice" | "kind"> {
  if (NOT_TLS.test(code)) {
    return {
      kind: "tls-to-plain-port",
      what: `${server} answered the TLS handshake in plain text (${code})`,
      advice: `If this is a mail server's port that begins in plain text (as 587 and 25 do), set security to "starttls"; else check host and port`,
    };
  }
  if (OLD_TLS.test(code)) {
    return {
      kind: "old-tls",
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

/** The certificate is valid, and not the one that `tls.fingerprint` names. `found` is its fingerprint. */
export function wrongFingerprintFault(settings: TlsSettings, found: string): Fault {
  return {
    code: "WX_SMTP_TLS_CERTIFICATE",
    what: `The certificate of ${settings.server} has the SHA-256 fingerprint ${found}, which tls.fingerprint does not list`,
    advice:
      "Ask the server's operator whether it was renewed, by another way than this connection, and add the new one",
    kind: "certificate-not-pinned",
    retryable: false,
  };
}
