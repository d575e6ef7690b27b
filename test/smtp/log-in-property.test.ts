/** Whatever a server says to a log-in: it ends, it gives no secret away, and nobody is welcomed who should not be. */
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSmtpPool, SmtpError } from "../../src/smtp/index.ts";
import { runs } from "../support/property.ts";
import { createScriptedSmtp, type Peer, type ScriptedSmtp } from "../support/scripted-smtp.ts";

const SECRET = "hush-hush-secret";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

const challenge = fc.oneof(
  fc.constantFrom("", "=", "r=x,s=eA==,i=4096", "<1@mail>", "v=eA==", "e=other-error", '{"status":"400"}'),
  fc.string({ maxLength: 40 }),
);
const answer = fc.oneof(
  { weight: 4, arbitrary: challenge.map((text) => `334 ${base64(text)}\r\n`) },
  fc.constantFrom(
    "334\r\n",
    "334 %%%\r\n",
    "235 ok\r\n",
    "535 5.7.8 no\r\n",
    "454 later\r\n",
    "421 bye\r\n",
    "250 ok\r\n",
  ),
  fc.constantFrom("close", "echo", "334-\r\n334 \r\n", "235 ok\r\n235 ok\r\n", "999 odd\r\n"),
);
const mechanism = fc.constantFrom("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER");

let server: ScriptedSmtp;
let play: { mechanism: string; answers: readonly string[] } = { mechanism: "", answers: [] };
beforeAll(async () => {
  server = await createScriptedSmtp(async (peer) => {
    await peer.greet(`AUTH ${play.mechanism}`);
    for (const each of play.answers) await answerWith(peer, each);
    peer.close();
  });
});
afterAll(() => server.close());

async function answerWith(peer: Peer, text: string): Promise<void> {
  await peer.line();
  if (text === "close") return peer.close();
  await peer.say(text === "echo" ? `535 5.7.8 ${SECRET} ${peer.lines.slice(1).join(" ")}\r\n` : text);
}

test("every conversation ends as it should", async () => {
  await fc.assert(
    fc.asyncProperty(mechanism, fc.array(answer, { minLength: 1, maxLength: 7 }), async (name, answers) => {
      play = { mechanism: name, answers };
      const secret = name.includes("OAUTH") ? { accessToken: SECRET } : { password: SECRET };
      const pool = createSmtpPool({
        host: "127.0.0.1",
        port: server.port,
        security: "none",
        allowPlaintextAuth: true,
        auth: { user: "mac@example.com", ...secret },
        timeouts: { replyMs: 2_000 },
      });
      const error: unknown = await pool.verify().catch((thrown: unknown) => thrown);
      await pool.close();
      expect(server.conversations.at(-1)?.length).toBeLessThanOrEqual(7);
      if (error === undefined) {
        expect(answers.some((each) => each.startsWith("235"))).toBe(true);
        expect(name).not.toBe("SCRAM-SHA-256");
        return;
      }
      expect(error).toBeInstanceOf(SmtpError);
      const { message, reply, transcript, stage } = error as SmtpError;
      expect(stage).toBe("auth");
      expect(JSON.stringify([message, reply, transcript])).not.toMatch(/hush|aHVza|aC1od/);
    }),
    runs(150),
  );
});
