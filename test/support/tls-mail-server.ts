/** A mail server as a provider runs it: TLS, and a log-in with an authorization code. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
import { onTestFinished } from "vitest";
import type { KeyAndCertificate } from "./certificates.ts";

export interface TlsMailServer {
  port: number;
  /** Who logged in, how, for each log-in. */
  logins: { user: string | undefined; method: string; encrypted: boolean }[];
  mails: ParsedMail[];
}

export async function listenTlsMailServer(
  certificate: KeyAndCertificate,
  options: { implicit: boolean; user: string; password: string },
): Promise<TlsMailServer> {
  const logins: TlsMailServer["logins"] = [];
  const mails: ParsedMail[] = [];
  const server = new SMTPServer({
    ...certificate,
    secure: options.implicit,
    disableReverseLookup: true,
    onAuth: ({ username, password, method }, session, answer) => {
      logins.push({ user: username, method, encrypted: session.secure });
      const right = username === options.user && password === options.password;
      answer(right ? null : new Error("Error: authentication failed"), { user: username });
    },
    onData: (stream, _session, answer) => {
      void simpleParser(stream).then((mail) => {
        mails.push(mail);
        answer();
      });
    },
  });
  server.on("error", () => {}); // a client that turns the certificate down ends the handshake
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, logins, mails };
}
