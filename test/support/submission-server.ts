/** A submission server of a test's own, and a client that says to it exactly what it is told to. */
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { onTestFinished } from "vitest";
import {
  type ApiKeys,
  type ApiKeySettings,
  createApiKeys,
  createSubmission,
  type Submission,
  type SubmissionAddress,
  type SubmissionOptions,
  type SubmittedMail,
} from "../../src/inbox/index.ts";
import type { Database } from "../../src/db/index.ts";
import { compose, type Composed, EmailMessage } from "../../src/mail/index.ts";
import { fixedClock } from "./fixed-clock.ts";
import { testDatabase } from "./test-database.ts";

/** A message as it was taken, and composed as the outbox would get it. */
export interface TakenMail extends SubmittedMail {
  composed: Composed;
}

export interface TestSubmission {
  database: Database;
  submission: Submission;
  port: number;
  tlsPort: number;
  keys: ApiKeys;
  /** The secret of the key "shop". */
  secret: string;
  taken: TakenMail[];
}

/** What differs from a server on this machine with one key that may do anything. */
export interface TestSubmissionOptions extends Partial<SubmissionOptions> {
  key?: ApiKeySettings;
  at?: Partial<SubmissionAddress>;
}

export async function startSubmission(options: TestSubmissionOptions = {}): Promise<TestSubmission> {
  const { key, at, ...others } = options;
  const database = others.database ?? (await testDatabase());
  const keys = createApiKeys({ database, ...(others.clock !== undefined && { clock: others.clock }) });
  const { secret } = await keys.create("shop", key);
  const taken: TakenMail[] = [];
  const submission = createSubmission({
    database,
    keys,
    name: "submit.example",
    deliver: async (mail) => {
      const composed = compose(new EmailMessage(mail.message), { clock: fixedClock(), hostname: "x.cn" });
      return `id-${taken.push({ ...mail, composed })}`;
    },
    closeTimeoutMs: 500,
    ...others,
  });
  onTestFinished(() => submission.close());
  const { port, tlsPort = 0 } = await submission.listen({ port: 0, ...at });
  return { database, submission, port, tlsPort, keys, secret, taken };
}

/** A conversation, line by line. */
export interface Talk {
  /** The next reply, whole, its lines joined by LF. */
  reply(): Promise<string>;
  /** Says a line, and answers with the reply to it. */
  say(line: string): Promise<string>;
  /** Writes as it is. */
  write(bytes: string | Uint8Array): void;
  /** Upgrades to TLS after a 220. */
  secure(ca: string): Promise<void>;
  closed: Promise<void>;
  socket(): Socket;
}

export async function talk(port: number, tls?: { ca: string }, host = "127.0.0.1"): Promise<Talk> {
  const first = tls ? connectTls({ port, host, ca: tls.ca, servername: "localhost" }) : connectPlain({ port, host });
  let socket: Socket = first;
  let text = "";
  let isClosed = false;
  let wake = (): void => {};
  const listen = (source: Socket): void => {
    source.on("data", (chunk) => {
      text += chunk.toString("latin1");
      wake();
    });
    source.on("error", () => {});
  };
  first.setNoDelay(true); // each write is a packet
  listen(socket);
  const closed = new Promise<void>((resolve) =>
    first.once("close", () => {
      isClosed = true;
      wake();
      resolve();
    }),
  );
  onTestFinished(() => void socket.destroy());

  async function reply(): Promise<string> {
    for (;;) {
      const found = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(text);
      if (found !== null) {
        text = text.slice(found[0].length);
        return found[0].trimEnd().replaceAll("\r\n", "\n");
      }
      if (isClosed) throw new Error(`The server hung up; left is ${JSON.stringify(text)}`);
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  return {
    reply,
    say: (line) => {
      socket.write(`${line}\r\n`);
      return reply();
    },
    write: (bytes) => void socket.write(bytes),
    secure: (ca) =>
      new Promise((resolve, reject) => {
        socket.removeAllListeners("data");
        const upgraded = connectTls({ socket, ca, servername: "localhost" }, resolve);
        upgraded.once("error", reject);
        socket = upgraded;
        listen(upgraded);
      }),
    closed,
    socket: () => socket,
  };
}

/** AUTH PLAIN with a key. */
export function authPlain(secret: string, user = "shop"): string {
  return `AUTH PLAIN ${Buffer.from(`\0${user}\0${secret}`).toString("base64")}`;
}

/** A conversation on which the greeting is over and the key was accepted. */
export async function loggedIn({ port, secret }: { port: number; secret: string }): Promise<Talk> {
  const client = await talk(port);
  await client.reply();
  await client.say("EHLO client.example");
  const answer = await client.say(authPlain(secret));
  if (!answer.startsWith("235")) throw new Error(answer);
  return client;
}

/** Hands in a message on a conversation that is logged in; the last reply. */
export async function submit(client: Talk, message: string, to: readonly string[] = ["ann@x.cn"]): Promise<string> {
  for (const line of ["MAIL FROM:<shop@shop.example>", ...to.map((address) => `RCPT TO:<${address}>`), "DATA"]) {
    const answer = await client.say(line);
    if (!/^[23]/.test(answer)) return answer;
  }
  client.write(message);
  return client.say(message.endsWith("\r\n") ? "." : "\r\n.");
}
