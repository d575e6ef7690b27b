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

/** Sends raw bytes, and gives back all that came until the connection closed. */
async function exchange(port: number, request: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end(request);
  return Buffer.concat(await socket.toArray()).toString();
}

test("the handler gets a Request of the platform, which can be copied with a body of known length", async () => {
  const copy = async (request: Request): Promise<Response> =>
    new Response(await new Request(request, { body: request.body, duplex: "half" } as RequestInit).text());
  await using server = await serveNode({ fetch: copy, host: "127.0.0.1", port: 0 });
  const head = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
  expect(await exchange(server.port, `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`)).toContain(
    "hello",
  );
  expect(await exchange(server.port, `${head}Content-Length: 5\r\n\r\nhello`)).toContain("hello");
});

test("a body is there when the client sent one", async () => {
  const say = (request: Request): Response => new Response(`body: ${request.body !== null}`);
  await using server = await serveNode({ fetch: say, host: "127.0.0.1", port: 0 });
  const head = "OPTIONS / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
  expect(await exchange(server.port, `${head}\r\n`)).toContain("body: false");
  expect(await exchange(server.port, `${head}Content-Length: 1\r\n\r\nx`)).toContain("body: true");
});

test.each([
  ["GET", "xn--"],
  ["TRACE", "localhost"],
])("%s for %s, of which no Request can be made, is refused", async (method, host) => {
  await using server = await serveNode({ fetch: hello, host: "127.0.0.1", port: 0 });
  const answer = await exchange(server.port, `${method} / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});

test("the handler learns that the client has gone", async () => {
  const events = new EventEmitter();
  await using server = await serveNode({
    host: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      request.signal.addEventListener("abort", () => events.emit("gone", request.signal.aborted));
      events.emit("asked");
      return new Promise(() => {});
    },
  });
  const [asked, gone] = [once(events, "asked"), once(events, "gone")];
  const socket = connect(server.port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  await asked;
  socket.destroy();
  expect(await gone).toEqual([true]);
});
