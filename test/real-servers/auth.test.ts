/** Logs in at Dovecot's submission service by each mechanism, and sends through it to a server that keeps books. */
import { expect, test } from "vitest";
import { createSmtpPool, SmtpError, type SmtpOptions } from "../../src/smtp/index.ts";
import { type Ledger, serveLedger } from "../support/ledger-smtp.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { dovecotUser } from "./configurations.ts";
import { type MailServer, startMailServer, whyNoServer } from "./mail-server.ts";

const problem = whyNoServer("dovecot");
const why = problem === undefined ? "" : ` (${problem})`;
const LIMITS = { timeout: 60_000 };

async function startDovecot(): Promise<{ dovecot: MailServer; sink: Ledger; options: SmtpOptions }> {
  const sink = await serveLedger("one", () => undefined);
  const dovecot = await startMailServer("dovecot", tempFolder(), sink.server.port);
  const options = { host: "127.0.0.1", port: dovecot.port, security: "none", allowPlaintextAuth: true } as const;
  return { dovecot, sink, options };
}

test.skipIf(problem !== undefined).each([
  ["PLAIN", "PLAIN"],
  ["LOGIN", "LOGIN"],
  ["CRAM-MD5", "CRAM-MD5"],
  ["SCRAM-SHA-256", "SCRAM-SHA-256"],
  ["the strongest it offers", undefined],
])(`messages go through Dovecot after a log-in by %s${why}`, LIMITS, async (_name, method) => {
  const { dovecot, sink, options } = await startDovecot();
  await using _ = dovecot;
  const pool = createSmtpPool({ ...options, auth: { ...dovecotUser, method } });
  const contents = Array.from({ length: 20 }, (__, index) => `X-Id: ${index}\r\n\r\n.\r\n..\r\nDear Ann.\r\n`);
  const send = (content: string): ReturnType<typeof pool.send> =>
    pool.send({ from: "ann@example.test", to: ["bob@example.org"] }, Buffer.from(content));
  for (const { accepted } of await Promise.all(contents.map(send))) expect(accepted).toEqual(["bob@example.org"]);
  await pool.close();
  // Dovecot writes a Received field of its own before the message.
  const arrived = sink.taken.map(({ content }) => content.slice(content.indexOf("X-Id:")));
  expect(arrived.toSorted()).toEqual(contents.toSorted());
});

test.skipIf(problem !== undefined)(
  `a wrong password is refused by each mechanism, and is not shown${why}`,
  LIMITS,
  async () => {
    const { dovecot, sink, options } = await startDovecot();
    await using _ = dovecot;
    const password = "wrong-horse:battery";
    for (const method of ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"]) {
      await using pool = createSmtpPool({ ...options, auth: { user: dovecotUser.user, password, method } });
      const error: unknown = await pool.verify().catch((thrown: unknown) => thrown);
      if (!(error instanceof SmtpError)) throw new Error(`by ${method} there is no error: ${await dovecot.log()}`);
      expect(error).toMatchObject({ code: "WX_SMTP_AUTH", stage: "auth", retryable: false });
      expect(JSON.stringify([error.message, error.transcript])).not.toContain(password);
    }
    expect(sink.taken).toEqual([]);
  },
);
