import { expect, test } from "vitest";
import { fakeInbox, fakeOutbox, healthyOutbox, queuedMessage } from "../../../test/support/fake-readers.ts";
import { OutboxError } from "../../outbox/index.ts";
import { type ConsoleOptions, createConsole } from "../index.ts";

const consoleWith = (options: Partial<ConsoleOptions>) =>
  createConsole({ inbox: fakeInbox(), outbox: fakeOutbox(queuedMessage()), allowedHosts: ["localhost"], ...options });
const json = { "content-type": "application/json" };

test("the list is JSON, a page at a time", async () => {
  const outbox = fakeOutbox(queuedMessage({ id: "o1" }), queuedMessage({ id: "o2" }));
  const response = await consoleWith({ outbox }).request("/api/outbox?limit=1&state=queued");
  const { messages, next } = (await response.json()) as { messages: unknown[]; next: string };
  expect(messages).toMatchObject([{ id: "o1", recipients: [{ address: "user@example.com" }] }]);
  expect(next).toBe("/api/outbox?state=queued&before=o1&limit=1");
  expect(outbox.asked).toEqual([{ state: "queued", limit: 2 }]);
  expect(response.headers.get("cache-control")).toBe("no-store");
});

test("a message is JSON with its forecast and reports; an unknown one is 404", async () => {
  const insight = {
    forecast: async () => ({ leavesAt: 5, text: { en: "soon", zh: "很快" } }),
    reports: async () => [],
  };
  const app = consoleWith({ insight });
  expect(await (await app.request("/api/outbox/o1")).json()).toMatchObject({
    id: "o1",
    history: [],
    nextAttemptAt: 5, // one time, wherever it is said
    forecast: { leavesAt: 5 },
    reports: [],
  });
  expect((await app.request("/api/outbox/none")).status).toBe(404);
});

test("health is 200 or 503, for whoever watches", async () => {
  expect((await consoleWith({}).request("/api/outbox/health")).status).toBe(200);
  const health = async () => healthyOutbox({ ok: false, isStuck: true, due: 3, oldestDueMs: 700_000 });
  const stuck = await consoleWith({ outbox: { ...fakeOutbox(), health } }).request("/api/outbox/health");
  expect([stuck.status, await stuck.json()]).toEqual([
    503,
    {
      ok: false,
      isStuck: true,
      due: 3,
      oldestDueMs: 700_000,
      limited: 0,
      closed: [],
      sending: 0,
      paused: [],
      slowed: [],
    },
  ]);
});

test("an action is done for JSON from here, and for nothing else", async () => {
  const outbox = fakeOutbox(queuedMessage());
  const app = consoleWith({ outbox });
  const post = (path: string, headers: Record<string, string>) => app.request(path, { method: "POST", headers });
  const done = await post("/api/outbox/o1/hold", json);
  expect(await done.json()).toMatchObject({ changed: true, message: { id: "o1" } });
  for (const headers of [
    {},
    { "content-type": "application/x-www-form-urlencoded" },
    { "content-type": "text/plain; application/json" },
    { ...json, origin: "https://evil.example" },
    { ...json, "sec-fetch-site": "cross-site" },
  ] as Record<string, string>[]) {
    expect((await post("/api/outbox/o1/cancel", headers)).status).toBe(403);
  }
  expect((await post("/api/outbox/o1/explode", json)).status).toBe(404);
  expect((await post("/api/outbox/none/hold", json)).status).toBe(404);
  expect((await post("/api/outbox/o1/hold", { ...json, host: "evil.example" })).status).toBe(403);
  expect(outbox.told).toEqual(["hold o1"]);
});

test("what cannot be done is 409 with its code", async () => {
  const refusal = new OutboxError("WX_OUTBOX_NO_BODY", "The body was deleted.");
  const outbox = { ...fakeOutbox(queuedMessage()), redrive: () => Promise.reject(refusal) };
  const response = await consoleWith({ outbox }).request("/api/outbox/o1/redrive", { method: "POST", headers: json });
  expect([response.status, await response.json()]).toEqual([
    409,
    { error: "The body was deleted.", code: "WX_OUTBOX_NO_BODY" },
  ]);
});
