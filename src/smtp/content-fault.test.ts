import { expect, test } from "vitest";
import { serveScripted as serve } from "../../test/support/scripted-pool.ts";
import type { Envelope } from "./envelope.ts";

const MESSAGE = Buffer.from("Subject: hello\r\n\r\nDear Ann.\r\n");
const TO_ANN: Envelope = { from: "mac@example.com", to: ["ann@example.com"] };

test.each([
  ["WX_SMTP_UTF8", { smtpUtf8: true, to: ["麦克@example.com"] }, "SMTPUTF8"],
  ["WX_SMTP_REQUIRETLS", { requireTls: true }, "not encrypted"],
])("a server that cannot do what the envelope asks for is sent nothing (%s)", async (code, extras, words) => {
  const { server, pool } = await serve(async (peer) => {
    await peer.greet("REQUIRETLS");
    await peer.message();
    await peer.gone();
  });
  const error: unknown = await pool.send({ ...TO_ANN, ...extras }, MESSAGE).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, stage: "mail", retryable: false, outcome: "not-sent" });
  expect(String(error)).toContain(words);
  await pool.send(TO_ANN, MESSAGE);
  expect(server.conversations).toHaveLength(1);
});

test("an address in Chinese is sent as UTF-8 to a server that takes it, and refused where it was not asked for", async () => {
  const { server, pool } = await serve(async (peer) => {
    await peer.greet("SMTPUTF8");
    await peer.message();
    await peer.gone();
  });
  const to = ["麦克@例子.中国"];
  await expect(pool.send({ ...TO_ANN, to }, MESSAGE)).rejects.toMatchObject({ code: "WX_SMTP_ENVELOPE" });
  await pool.send({ ...TO_ANN, to, smtpUtf8: true }, MESSAGE);
  const [, mail = "", rcpt = ""] = server.conversations[0] ?? [];
  expect(mail).toBe("MAIL FROM:<mac@example.com> SMTPUTF8");
  expect(Buffer.from(rcpt, "latin1").toString("utf8")).toBe("RCPT TO:<麦克@例子.中国>");
});

test.each([
  [{ notify: ["sucess"] }, "dsn.notify"],
  [{ notify: [] }, "dsn.notify"],
  [{ return: "body" }, "dsn.return"],
  [{ id: "a b" }, "dsn.id"],
  [{ id: "a\r\nRCPT TO:<eve@example.com>" }, "dsn.id"],
])("a wish for reports that cannot be written is refused: %j", async (dsn, field) => {
  const { server, pool } = await serve((peer) => peer.greet("DSN"));
  const envelope = { ...TO_ANN, dsn } as Envelope;
  const error: unknown = await pool.send(envelope, MESSAGE).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "WX_SMTP_ENVELOPE", retryable: false });
  expect(String(error)).toContain(field);
  expect(server.conversations).toEqual([]);
});
