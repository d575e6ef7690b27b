/** A pool of the SMTP client's on a scripted server; both end with the test. */
import { onTestFinished } from "vitest";
import { createSmtpPool, type SmtpOptions, type SmtpPool } from "../../src/smtp/index.ts";
import { createScriptedSmtp, type Peer, type ScriptedSmtp } from "./scripted-smtp.ts";

export async function serveScripted(
  script: (peer: Peer) => Promise<void>,
  options: Partial<SmtpOptions> = {},
): Promise<{ server: ScriptedSmtp; pool: SmtpPool }> {
  const server = await createScriptedSmtp(script);
  const pool = createSmtpPool({ host: "127.0.0.1", port: server.port, ...options });
  onTestFinished(async () => {
    await server.close();
    await pool.close();
  });
  return { server, pool };
}
