/** A real SMTP server that notes who connects, who logs in, and what it takes. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** The server, and what it has seen so far. */
export interface CountingServer extends AsyncDisposable {
  readonly port: number;
  /** `sender: recipients`, of each message. */
  readonly envelopes: string[];
  /** Each message as it was received. */
  readonly messages: string[];
  /** The name of each log-in. */
  readonly logins: string[];
  connections(): number;
  close(): Promise<void>;
}

export async function countingServer(options: SMTPServerOptions = {}): Promise<CountingServer> {
  let connections = 0;
  const envelopes: string[] = [];
  const messages: string[] = [];
  const logins: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    // A client that keeps its connection is not waited for.
    closeTimeout: 50,
    ...options,
    onConnect: (_session, done) => {
      connections++;
      done();
    },
    onAuth: ({ username = "" }, _session, done) => {
      logins.push(username);
      done(null, { user: username });
    },
    onData: (stream, { envelope }, done) => {
      const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
      envelopes.push(`${from}: ${envelope.rcptTo.map(({ address }) => address).join(", ")}`);
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        messages.push(Buffer.concat(chunks).toString("latin1"));
        done();
      });
    },
  });
  server.on("error", () => {});
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  const { port } = server.server.address() as AddressInfo;
  return { port, envelopes, messages, logins, connections: () => connections, close, [Symbol.asyncDispose]: close };
}
