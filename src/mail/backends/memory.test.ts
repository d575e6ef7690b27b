import { expect, test } from "vitest";
import { systemClock } from "../../base/index.ts";
import type { Envelope } from "../backend.ts";
import { DeliveryError, MailerError } from "../errors.ts";
import { createMailers } from "../mailers.ts";
import { createMail } from "../send-mail.ts";
import { dummyBackend } from "./dummy.ts";
import { memoryBackend, type OutboxEntry } from "./memory.ts";

const envelope = { from: "a@example.com", to: ["b@example.com"] };

test("memory keeps copies that later changes do not reach", async () => {
  const memory = memoryBackend();
  const bytes = Buffer.from("x");
  const given = { from: "a@example.com", to: ["b@example.com"], tags: ["welcome"], metadata: { user: "7" } };
  const receipt = await memory.send(given, bytes);
  const kept: Envelope = structuredClone(given);
  given.to.push("c@example.com");
  given.tags.push("later");
  given.metadata.user = "8";
  bytes[0] = 0;
  // A Buffer, because its slice() shares memory where a Uint8Array's copies.
  expect(memory.outbox).toEqual([{ envelope: kept, bytes: new Uint8Array([0x78]) }]);
  expect(receipt).toEqual({ server: "memory", accepted: ["b@example.com"], rejected: [], response: "" });
});

test("several mailers may share an outbox, which then says who sent what", async () => {
  const outbox: OutboxEntry[] = [];
  const mailers = createMailers({
    default: memoryBackend({ outbox, sentUsing: "default" }),
    bulk: memoryBackend({ outbox, sentUsing: "bulk" }),
  });
  const mail = createMail({ mailers, defaultFromEmail: "a@example.com", clock: systemClock });
  await mail.send({ to: ["b@example.com"], text: "x" });
  await mail.send({ to: ["b@example.com"], text: "x" }, { using: "bulk" });
  expect(outbox.map(({ sentUsing }) => sentUsing)).toEqual(["default", "bulk"]);
});

test("a subject of two lines is refused before memory has it", async () => {
  const memory = memoryBackend();
  const mail = createMail({ mailers: createMailers({ default: memory }), defaultFromEmail: "a@example.com" });
  await expect(mail.send({ to: ["b@example.com"], subject: "a\nb" })).rejects.toThrow(/^subject/);
  expect(memory.outbox).toEqual([]);
});

test("a misspelt option is refused", () => {
  // @ts-expect-error no such option
  expect(() => memoryBackend({ sentUsin: "x" })).toThrow("memory: sentUsin is no option. Did you mean sentUsing?");
  // @ts-expect-error no object
  expect(() => memoryBackend(null)).toThrow(MailerError);
});

test("dummy accepts everyone, and counts", async () => {
  const dummy = dummyBackend();
  expect(await dummy.send(envelope, new Uint8Array())).toMatchObject({ accepted: ["b@example.com"], rejected: [] });
  await dummy.send(envelope, new Uint8Array());
  expect(dummy.sent).toBe(2);
});

test("a call that was given up before it began sends nothing", async () => {
  const [memory, dummy] = [memoryBackend(), dummyBackend()];
  const options = { signal: AbortSignal.abort() };
  for (const backend of [memory, dummy]) {
    const sent = backend.send(envelope, new Uint8Array(), options);
    await expect(sent).rejects.toThrow(DeliveryError);
    await expect(sent).rejects.toMatchObject({ code: "WX_DELIVERY_DEFERRED", outcome: "not-sent" });
  }
  expect([memory.outbox.length, dummy.sent]).toEqual([0, 0]);
});
