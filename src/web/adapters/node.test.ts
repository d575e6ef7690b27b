import { EventEmitter, once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { serveNode } from "./node.ts";

const hello = (): Response => new Response("hello");

test("it serves on a port that the system chooses, and then no more", async () => {
  const server = await serveNode({ fetch: hello, host: "127.0.0.1", port: 0 });
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  expect(await (await fetch(server.url)).text()).toBe("hello");
  await server.close();
  await expect(fetch(server.url)).rejects.toThrow("fetch failed");
});

test("a port in use is the system's own error", async () => {
  await using server = await serveNode({ fetch: hello, host: "127.0.0.1", port: 0 });
  const second = serveNode({ fetch: hello, host: "127.0.0.1", port: server.port });
  await expect(second).rejects.toMatchObject({ code: "EADDRINUSE", port: server.port });
});

test("an address of all interfaces is shown as one that a browser can open", async () => {
  await using server = await serveNode({ fetch: hello, host: "0.0.0.0", port: 0 });
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
});

test("close lets a running request finish", async () => {
  const events = new EventEmitter();
  const server = await serveNode({
    host: "127.0.0.1",
    port: 0,
    closeGraceMs: 10_000,
    fetch: async () => {
      events.emit("started");
      await once(events, "finish");
      return new Response("late", { headers: { connection: "close" } });
    },
  });
  const started = once(events, "started");
  const answer = fetch(server.url).then((response) => response.text());
  await started;
  const closed = server.close();
  events.emit("finish");
  expect(await answer).toBe("late");
  await closed;
});

test("close cuts an idle connection at once, and a stream that never ends after the grace", async () => {
  const server = await serveNode({
    host: "127.0.0.1",
    port: 0,
    closeGraceMs: 50,
    fetch: () => new Response(new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array([10])) })),
  });
  const idle = connect(server.port, "127.0.0.1");
  await once(idle, "connect");
  const response = await fetch(server.url);
  const cut = response.text().catch(String);
  const before = performance.now();
  await server.close();
  expect(performance.now() - before).toBeLessThan(2_000);
  expect(await cut).toContain("terminated");
  idle.destroy();
});

test("closing twice is closing once", async () => {
  const server = await serveNode({ fetch: hello, host: "127.0.0.1", port: 0 });
  expect(await Promise.all([server.close(), server.close()])).toEqual([undefined, undefined]);
});
