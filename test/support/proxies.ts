/** A SOCKS5 proxy and an HTTP proxy on loopback, which lead every name to one port, and misbehave where a test says so. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { onTestFinished } from "vitest";
import type { KeyAndCertificate } from "./certificates.ts";

export interface ProxyPlay {
  /** Where every connection leads, whatever name was asked for. */
  readonly leadsTo: number;
  /** `user:password` that is wanted. */
  readonly login?: string;
  /** Sent in place of the last answer; nothing follows it. */
  readonly answer?: Buffer | string;
  /** The last answer leaves byte by byte. */
  readonly drips?: boolean;
  /** The proxy itself speaks TLS. */
  readonly tls?: KeyAndCertificate;
}

export interface TestProxy {
  readonly port: number;
  /** What was asked for: `host:port`. */
  readonly targets: string[];
  /** How many connections are open. */
  readonly open: ReadonlySet<Socket>;
}

export function serveSocks(play: ProxyPlay): Promise<TestProxy> {
  return serve(play, async (client, targets) => {
    const read = reader(client);
    const [, count = 0] = await read(2);
    const methods = [...(await read(count))];
    const method = play.login === undefined ? 0 : 2;
    client.write(Buffer.from([5, methods.includes(method) ? method : 0xff]));
    if (method === 2) {
      const [, userLength = 0] = await read(2);
      const user = await read(userLength);
      const [passwordLength = 0] = await read(1);
      const isRight = `${user.toString()}:${(await read(passwordLength)).toString()}` === play.login;
      client.write(Buffer.from([1, isRight ? 0 : 1]));
      if (!isRight) return client.end();
    }
    const [, , , kind] = await read(4);
    targets.push(`${await readAddress(read, kind)}:${(await read(2)).readUInt16BE()}`);
    if (play.answer !== undefined) return void client.write(play.answer);
    // With a name as its own address, which some proxies answer with: it must be read to its end.
    const answer = Buffer.concat([Buffer.from([5, 0, 0, 3, 5]), Buffer.from("proxy"), Buffer.from([0, 0])]);
    return lead(client, play, answer);
  });
}

export function serveHttpProxy(play: ProxyPlay): Promise<TestProxy> {
  return serve(play, async (client, targets) => {
    const read = reader(client);
    let head = "";
    while (!head.endsWith("\r\n\r\n")) head += (await read(1)).toString("latin1");
    targets.push(/^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(head)?.[1] ?? head);
    if (play.answer !== undefined) return void client.write(play.answer);
    const given = Buffer.from(/Proxy-Authorization: Basic (\S+)/.exec(head)?.[1] ?? "", "base64").toString();
    if (play.login !== undefined && given !== play.login) {
      return void client.write("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    }
    return lead(client, play, Buffer.from("HTTP/1.1 200 Connection established\r\nX-Proxy: test\r\n\r\n"));
  });
}

type Read = (length: number) => Promise<Buffer>;

async function serve(
  { tls }: ProxyPlay,
  talk: (client: Socket, targets: string[]) => Promise<unknown>,
): Promise<TestProxy> {
  const targets: string[] = [];
  const open = new Set<Socket>();
  const onClient = (client: Socket): void => {
    open.add(client);
    client.on("close", () => open.delete(client)).on("error", () => {});
    talk(client, targets).catch(() => client.destroy());
  };
  const server: Server = tls === undefined ? createServer(onClient) : createTlsServer({ ...tls }, onClient);
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const client of open) client.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, targets, open };
}

function reader(client: Socket): Read {
  return async (length) => {
    for (;;) {
      if (length === 0) return Buffer.alloc(0);
      const bytes: Buffer | null = client.read(length);
      if (bytes !== null) return bytes;
      if (client.readableEnded || client.destroyed) throw new Error("the client has gone");
      await Promise.race([once(client, "readable"), once(client, "close")]);
    }
  };
}

async function readAddress(read: Read, kind: number | undefined): Promise<string> {
  if (kind === 1) return [...(await read(4))].join(".");
  if (kind === 4) return (await read(16)).toString("hex");
  const [length = 0] = await read(1);
  return (await read(length)).toString();
}

/** Joins both ends; the answer leaves together with the server's first words, as one piece. */
async function lead(client: Socket, { leadsTo, drips }: ProxyPlay, answer: Buffer): Promise<void> {
  const server = connect(leadsTo, "127.0.0.1").on("error", () => client.destroy());
  client.on("close", () => server.destroy());
  server.on("close", () => client.destroy());
  // A server that speaks TLS waits for us to begin.
  const first = await Promise.race([
    once(server, "data").then(([bytes]) => bytes as Buffer),
    new Promise<Buffer>((resolve) => setTimeout(() => resolve(Buffer.alloc(0)), 50)),
  ]);
  const piece = drips === true ? 1 : answer.length + first.length;
  const all = Buffer.concat([answer, first]);
  client.setNoDelay(true);
  for (let at = 0; at < all.length; at += piece) {
    client.write(all.subarray(at, at + piece));
    await new Promise((resolve) => setImmediate(resolve));
  }
  server.pipe(client);
  client.pipe(server);
}
