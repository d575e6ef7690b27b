/** The same address, byte for byte, in the header and in the commands of a real conversation. */
import { expect, test } from "vitest";
import { smtpBackend } from "../../src/mail/index.ts";
import { composed, headerOf } from "../support/composed.ts";
import { createScriptedSmtp } from "../support/scripted-smtp.ts";

test.each<[string, string]>([
  ["ann@example.com", "ann@example.com"],
  ['"john doe"@example.com', '"john doe"@example.com'],
  ['"eve@evil.example x"@internal.example', '"eve@evil.example x"@internal.example'],
  ["mac@例子.中国", "mac@xn--fsqu00a.xn--fiqs8s"],
  ["mac@XN--FSQU00A.中国", "mac@XN--FSQU00A.xn--fiqs8s"],
])("%s is %s in MAIL, RCPT and the header", async (address, sent) => {
  const server = await createScriptedSmtp(async (peer) => {
    await peer.greet();
    await peer.message();
    await peer.ok("QUIT");
    peer.close();
  });
  const backend = smtpBackend({ host: "127.0.0.1", port: server.port, security: "none" });
  try {
    const message = composed({ from: address, to: [address], text: "Hello" });
    await backend.send(message.envelope, message.bytes);
    const commands = server.conversations.flat().filter((line) => /^(?:MAIL|RCPT) /.test(line));
    expect(commands).toEqual([expect.stringMatching(/^MAIL FROM:/), `RCPT TO:<${sent}>`]);
    expect(commands[0]).toContain(`<${sent}>`);
    expect(headerOf(message)).toContain(`From: ${sent}\r\nTo: ${sent}\r\n`);
  } finally {
    await backend.close?.();
    await server.close();
  }
});
