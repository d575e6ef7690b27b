import { expect, test, vi } from "vitest";
import { caughtMail, fakeInbox, fakeOutbox } from "../../../test/support/fake-readers.ts";
import { createConsole } from "../index.ts";

const allowedHosts = ["localhost"];

test("the list as JSON", async () => {
  const app = createConsole({ inbox: fakeInbox(caughtMail()), outbox: fakeOutbox(), allowedHosts });
  const response = await app.request("/inbox/messages.json");
  expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
  const { messages } = (await response.json()) as { messages: unknown[] };
  expect(messages).toEqual([expect.objectContaining({ id: "m1", subject: "Activate your account", size: 1234 })]);
});

test("one mail as JSON: its text, HTML and headers, and no bytes", async () => {
  const attachments = [{ filename: "a.txt", mimeType: "text/plain", content: new Uint8Array(7) }];
  const inbox = fakeInbox(caughtMail({ attachments }));
  const app = createConsole({ inbox, outbox: fakeOutbox(), allowedHosts });
  const mail: unknown = await (await app.request("/inbox/m1/message.json")).json();
  expect(mail).toMatchObject({
    text: "Hello",
    html: "<p>Hello</p>",
    headers: [{ name: "Subject", value: "Activate your account" }],
    attachments: [{ filename: "a.txt", mimeType: "text/plain", size: 7 }],
  });
  expect(JSON.stringify(mail)).not.toMatch(/raw|content"/);
});

test("a mail that does not exist is a 404, as JSON too", async () => {
  const app = createConsole({ inbox: fakeInbox(), outbox: fakeOutbox(), allowedHosts });
  const response = await app.request("/inbox/none/message.json");
  expect([response.status, await response.json()]).toEqual([404, { error: "not found" }]);
});

test("the stream announces mail as it comes in, and lets go when the reader leaves", async () => {
  const inbox = fakeInbox();
  const app = createConsole({ inbox, outbox: fakeOutbox(), allowedHosts });
  const response = await app.request("/inbox/events");
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe(":\n\n");
  for (const id of ["m1", "m2"]) {
    inbox.receive(caughtMail({ id }));
    const event = (await reader?.read())?.value ?? "";
    expect(event).toMatch(/^event: mail\n/);
    expect(event).toContain(`"id":"${id}"`);
  }
  await reader?.cancel();
  await vi.waitFor(() => expect(inbox.listeners.size).toBe(0));
});

test("a reader who stalls is told of a burst once, by its newest mail", async () => {
  const inbox = fakeInbox();
  const app = createConsole({ inbox, outbox: fakeOutbox(), allowedHosts });
  const reader = (await app.request("/inbox/events")).body?.pipeThrough(new TextDecoderStream()).getReader();
  await reader?.read();
  for (let count = 1; count <= 100; count++) inbox.receive(caughtMail({ id: `m${count}` }));
  expect((await reader?.read())?.value).toContain('"id":"m100"');
  inbox.receive(caughtMail({ id: "last" }));
  expect((await reader?.read())?.value).toContain('"id":"last"');
  await reader?.cancel();
});

test("asking for the stream's headers alone opens no stream", async () => {
  const inbox = fakeInbox();
  const app = createConsole({ inbox, outbox: fakeOutbox(), allowedHosts });
  expect((await app.request("/inbox/events", { method: "HEAD" })).status).toBe(200);
  expect(inbox.listeners.size).toBe(0);
});

test("a quiet stream says now and then that it is alive", async () => {
  const naps: number[] = [];
  const clock = {
    now: Date.now,
    // The first nap passes at once, the second lasts until the reader leaves.
    sleep: (ms: number, signal?: AbortSignal): Promise<void> =>
      naps.push(ms) === 1
        ? Promise.resolve()
        : new Promise((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true })),
  };
  const app = createConsole({ inbox: fakeInbox(), outbox: fakeOutbox(), allowedHosts, clock });
  const reader = (await app.request("/inbox/events")).body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe(":\n\n");
  expect((await reader?.read())?.value).toBe(":\n\n");
  expect(naps[0]).toBe(15_000);
  await reader?.cancel();
});
