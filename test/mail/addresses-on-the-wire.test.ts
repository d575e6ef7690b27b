/** The same address, byte for byte, in the header and in the commands of a real conversation. */
import { expect, test } from "vitest";
import { type MessageFields, MessageError, smtpBackend } from "../../src/mail/index.ts";
import { composed, headerOf } from "../support/composed.ts";
import { createScriptedSmtp } from "../support/scripted-smtp.ts";

test.each<[address: string, sent: string, fields?: MessageFields]>([
  ["ann@example.com", "ann@example.com"],
  ['"john doe"@example.com', '"john doe"@example.com'],
  ['"eve@evil.example x"@internal.example', '"eve@evil.example x"@internal.example'],
  ["mac@例子.中国", "mac@xn--fsqu00a.xn--fiqs8s"],
  ["mac@XN--FSQU00A.中国", "mac@XN--FSQU00A.xn--fiqs8s"],
  ["ann@[192.0.2.1]", "ann@[192.0.2.1]", { domainLiteral: true }],
  ["ann@[IPv6:2001:db8::1]", "ann@[IPv6:2001:db8::1]", { domainLiteral: true }],
])("%s is %s in MAIL, RCPT and the header", async (address, sent, fields) => {
  const server = await createScriptedSmtp(async (peer) => {
    await peer.greet();
    await peer.message();
    await peer.ok("QUIT");
    peer.close();
  });
  const backend = smtpBackend({ host: "127.0.0.1", port: server.port, security: "none" });
  try {
    const message = composed({ from: address, to: [address], text: "Hello", ...fields });
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

test("a domain literal is for messages that ask for it, in every place where an address may stand", () => {
  const literal = "Ann <ann@[192.0.2.1]>";
  const plain = ["bob@example.com"];
  const places: readonly MessageFields[] = [
    { from: literal, to: plain },
    { sender: literal, to: plain },
    { to: [literal] },
    { cc: [literal] },
    { bcc: [literal] },
    { replyTo: [literal], to: plain },
    { headers: { To: literal }, to: plain },
    { headers: { "Disposition-Notification-To": [literal] }, to: plain },
    { envelope: { from: "ann@[192.0.2.1]", to: plain } },
    { envelope: { to: ["ann@[192.0.2.1]"] } },
    { raw: "From: a@example.com\r\n\r\nx", to: [literal] },
  ];
  for (const fields of places) {
    const { envelope, bytes } = composed({ domainLiteral: true, ...fields });
    const shown = [envelope.from, ...envelope.to, Buffer.from(bytes).toString()].join("\n");
    expect(shown).toContain("ann@[192.0.2.1]");
    for (const domainLiteral of [false, undefined]) {
      const refused = (): unknown => composed({ ...fields, domainLiteral });
      expect(refused).toThrow(MessageError);
      expect(refused).toThrow(/has a domain literal/);
    }
  }
  expect(() => composed({ to: ["ann@[fe80::1%eth0]"], domainLiteral: true })).toThrow(/no IP address/);
});
