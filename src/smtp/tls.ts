/** TLS 1.2 or later over a connected socket, certificate and host name checked, resumed where the server allows it. */
import { isIP, type NetConnectOpts, type Socket } from "node:net";
import { checkServerIdentity, connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { handshakeFault, wrongFingerprintFault } from "./tls-faults.ts";
import type { TlsSettings } from "./tls-settings.ts";
import type { Fault } from "./transcript.ts";

/** Sockets that make their handshake by themselves, so that nothing is to be wrapped. */
const begun = new WeakSet<Socket>();

/**
 * Connects and begins the handshake, for `secureSocket` to see to its end. Such a socket costs less than one that is
 * wrapped afterwards, as it can read into one place.
 */
export function connectSecurely(address: NetConnectOpts, settings: TlsSettings): TLSSocket {
  const socket = connect({ ...address, ...handshakeOptions(settings) });
  begun.add(socket);
  return socket;
}

function handshakeOptions({ name, secureContext, acceptAny, resumption }: TlsSettings): ConnectionOptions {
  return {
    secureContext,
    rejectUnauthorized: !acceptAny,
    // Whatever address leads there, the certificate is checked against this name.
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    // SNI must not carry an IP address (RFC 6066, section 3).
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(resumption.session === undefined ? {} : { session: resumption.session }),
  };
}

/** Makes the handshake, or waits for one that has begun; returns the encrypted socket, or why there is none (the socket is destroyed then). */
export function secureSocket(socket: Socket, settings: TlsSettings): Promise<TLSSocket | Fault> {
  return new Promise((resolve) => {
    const { resumption } = settings;
    const secured = isBegun(socket) ? socket : connect({ socket, ...handshakeOptions(settings) });
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

function isBegun(socket: Socket): socket is TLSSocket {
  return begun.has(socket);
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
