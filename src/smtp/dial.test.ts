import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type LookupFunction, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { tempFolder } from "../../test/support/temp-folder.ts";
import { dial } from "./dial.ts";
import { defaultTimeouts } from "./timeouts.ts";
import { Transcript } from "./transcript.ts";

/** A port that answers nothing, not even the TCP handshake: its process stands still and its queue is full. */
let child: ChildProcess;
let deafPort = 0;
const fillers: Socket[] = [];

beforeAll(async () => {
  const program = `
    const server = require("node:net").createServer();
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(server.address().port));`;
  child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  deafPort = Number(said.toString());
  child.kill("SIGSTOP");
  for (let count = 0; count < 8; count += 1) fillers.push(connect(deafPort, "127.0.0.1").on("error", () => {}));
  await once(fillers[0] as Socket, "connect");
});

afterAll(() => {
  for (const filler of fillers) filler.destroy();
  child.kill("SIGKILL");
});

test("a connection that nothing answers ends at its deadline", async () => {
  const timeouts = { ...defaultTimeouts, connectMs: 100 };
  const dialling = dial({ host: "127.0.0.1", port: deafPort, timeouts }, new Transcript("black.hole:25"), undefined);
  await expect(dialling).rejects.toMatchObject({ code: "WX_SMTP_TIMEOUT", stage: "connect", retryable: true });
});

test("a connection under way ends when the caller aborts", async () => {
  const stop = new AbortController();
  const options = { host: "127.0.0.1", port: deafPort, timeouts: defaultTimeouts };
  const dialling = dial(options, new Transcript("black.hole:25"), stop.signal);
  setImmediate(() => stop.abort());
  await expect(dialling).rejects.toMatchObject({ code: "WX_SMTP_ABORTED", stage: "connect", outcome: "not-sent" });
});

/** Listens for connections, which it closes; tells from where they came. */
async function listen(where: { path: string } | { host: string; port?: number }): Promise<{
  server: Server;
  port: number;
  peers: (string | undefined)[];
}> {
  const peers: (string | undefined)[] = [];
  const server = createServer((socket) => {
    peers.push(socket.remoteAddress);
    socket.on("error", () => {}).end();
  });
  server.listen("path" in where ? where : { port: 0, ...where });
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { server, port: (server.address() as AddressInfo).port, peers };
}

const transcript = (): Transcript => new Transcript("mail.example:25");

describe("a host with several addresses", () => {
  const lookupOf =
    (...addresses: string[]): LookupFunction =>
    (_host, options, done) => {
      const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
      if (options.all === true) done(null, found);
      else done(null, found[0]?.address ?? "", found[0]?.family);
    };

  test("is reached over IPv4 where its IPv6 address is dead", async () => {
    const { port, peers } = await listen({ host: "127.0.0.1" });
    const options = { host: "mail.example", port, timeouts: defaultTimeouts, lookup: lookupOf("::1", "127.0.0.1") };
    const socket = await dial(options, transcript(), undefined);
    expect(socket.remoteAddress).toBe("127.0.0.1");
    socket.destroy();
    await expect.poll(() => peers).toEqual(["127.0.0.1"]);
  });

  test("whose addresses are all dead gives the reason of the first", async () => {
    const { server, port } = await listen({ host: "127.0.0.1" });
    server.close();
    const options = {
      host: "mail.example",
      port,
      timeouts: defaultTimeouts,
      lookup: lookupOf("127.0.0.1", "127.0.0.2"),
    };
    const dialling = dial(options, transcript(), undefined);
    await expect(dialling).rejects.toMatchObject({ code: "WX_SMTP_CONNECT", retryable: true });
    await expect(dialling).rejects.toThrow(/nothing accepts connections there \(ECONNREFUSED\)/);
  });
});

test("the connection comes from the address that was asked for", async () => {
  const { port, peers } = await listen({ host: "127.0.0.1" });
  const options = { host: "127.0.0.1", port, timeouts: defaultTimeouts };
  const socket = await dial({ ...options, localAddress: "127.0.0.3" }, transcript(), undefined);
  expect(socket.localAddress).toBe("127.0.0.3");
  socket.destroy();
  await expect.poll(() => peers).toEqual(["127.0.0.3"]);
  const elsewhere = dial({ ...options, localAddress: "192.0.2.1" }, transcript(), undefined);
  await expect(elsewhere).rejects.toThrow(/localAddress is no address of this machine/);
});

test("a unix socket is connected to, and one that is not there is named", async () => {
  const path = join(tempFolder(), "smtp.sock");
  await listen({ path });
  const options = { host: "mail.example", port: 25, timeouts: defaultTimeouts };
  const socket = await dial({ ...options, socketPath: path }, transcript(), undefined);
  socket.destroy();
  const missing = dial({ ...options, socketPath: `${path}.gone` }, transcript(), undefined);
  await expect(missing).rejects.toMatchObject({ code: "WX_SMTP_CONNECT" });
  await expect(missing).rejects.toThrow(/no such unix socket \(ENOENT\)\. Check socketPath/);
});

test("a signal that has aborted already dials nobody", async () => {
  const { port, peers } = await listen({ host: "127.0.0.1" });
  const options = { host: "127.0.0.1", port, timeouts: defaultTimeouts };
  await expect(dial(options, transcript(), AbortSignal.abort())).rejects.toMatchObject({ code: "WX_SMTP_ABORTED" });
  expect(peers).toEqual([]);
});
