/** LMTP over a unix socket, into a server that others wrote. */
import { once } from "node:events";
import { join } from "node:path";
import { SMTPServer } from "smtp-server";
import { expect, onTestFinished, test } from "vitest";
import { createSmtpPool } from "../../src/smtp/index.ts";
import { tempFolder } from "../support/temp-folder.ts";

const MESSAGE = Buffer.from("Subject: hello\r\n\r\n.dots\r\nDear all.\r\n");

test.each([["one command at a time", true] as const, ["in groups", false] as const])(
  "many messages, each recipient answered for by itself, %s",
  async (_, hidePIPELINING) => {
    const path = join(tempFolder(), "lmtp.sock");
    const saved: string[] = [];
    const server = new SMTPServer({
      lmtp: true,
      authOptional: true,
      disabledCommands: ["STARTTLS", "AUTH"],
      hidePIPELINING,
      onData: (stream, session, done) => {
        const pieces: Buffer[] = [];
        stream.on("data", (piece: Buffer) => pieces.push(piece));
        stream.on("end", () => {
          const answers = session.envelope.rcptTo.map(({ address }) => {
            if (address.startsWith("full")) return Object.assign(new Error("mailbox full"), { responseCode: 452 });
            saved.push(`${address} ${Buffer.concat(pieces).equals(MESSAGE)}`);
            return `saved for ${address}`;
          });
          done(null, answers as never);
        });
      },
    });
    server.on("error", () => {});
    server.server.listen(path);
    await once(server.server, "listening");
    onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));

    await using pool = createSmtpPool({ host: "localhost", socketPath: path, security: "none", protocol: "lmtp" });
    const to = ["ann@example.com", "full@example.com", "bob@example.com"];
    const receipts = await Promise.all(
      Array.from({ length: 50 }, () => pool.send({ from: "mac@example.com", to }, MESSAGE)),
    );
    for (const { accepted, rejected, server: name } of receipts) {
      expect(name).toBe(path);
      expect(accepted).toEqual(["ann@example.com", "bob@example.com"]);
      expect(rejected).toMatchObject([{ address: "full@example.com", retryable: true, reply: { code: 452 } }]);
    }
    expect(saved.toSorted()).toEqual([
      ...Array.from({ length: 50 }, () => "ann@example.com true"),
      ...Array.from({ length: 50 }, () => "bob@example.com true"),
    ]);
  },
);
