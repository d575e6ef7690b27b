/** TLS 1.2 or later over a connected socket, certificate and host name checked, resumed where the server allows it. */
import { isIP, type Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { handshakeFault, wrongFingerprintFault } from "./tls-faults.ts";
import type { TlsSettings } from "./tls-settings.ts";
import type { Fault } from "./transcript.ts";

/** Makes the handshake; returns the encrypted socket, or why there is none (the socket is destroyed then). */
export function secureSocket(socket: Socket, settings: TlsSettings): Promise<TLSSocket | Fault> {
  return new Promise((resolve) => {
    const { name, resumption } = settings;
    const secured = connect({
      socket,
      secureContext: settings.secureContext,
      rejectUnauthorized: !settings.acceptAny,
      // `host` is what the certificate is checked against; SNI must not carry an IP address (RFC 6066, section 3).
      host: name,
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(resumption.session === undefined ? {} : { session: resumption.session }),
    });
    const end = (fault: Fault): void => {
      // Whatever was wrong, the next handshake is a whole one.
      resumption.session = undefined;
      secured.destroy();
      socket.destroy();
      resolve(fault);
    };
    const fail = (error?: Error): void => end(handshakeFault(settings, error, Boolean(secured.authorizationError)));
    const onClose = (): void => fail();
    secured.once("error", fail).once("close", onClose);
    const keep = keepSession(secured, resumption);
    secured.once("secureConnect", () => {
      secured.off("error", fail).off("close", onClose);
      const fault = fingerprintFault(secured, settings);
      if (fault !== undefined) return end(fault);
      keep();
      resolve(secured);
    });
    // A second error, after the first was answered, must not end the process.
    secured.on("error", () => {});
  });
}

/**
 * Remembers what the server gives to resume by, once the returned function was called: TLS 1.2 gives it before the
 * certificate has been checked, TLS 1.3 afterwards.
 *
 * Guarantee: only a session whose certificate was checked is resumed, as resuming does not check it again.
 */
function keepSession(secured: TLSSocket, resumption: TlsSettings["resumption"]): () => void {
  let latest: Buffer | undefined;
  let isChecked = false;
  secured.on("session", (session: Buffer) => {
    latest = session;
    if (isChecked) resumption.session = session;
  });
  return () => {
    isChecked = true;
    resumption.session = latest ?? resumption.session;
  };
}

/** A resumed session shows no certificate; that of the session it goes back to was checked. */
function fingerprintFault(secured: TLSSocket, settings: TlsSettings): Fault | undefined {
  if (settings.fingerprints.length === 0 || secured.isSessionReused()) return undefined;
  const found = secured.getPeerCertificate().fingerprint256;
  return settings.fingerprints.includes(found) ? undefined : wrongFingerprintFault(settings, found);
}
