/** An OAuth 2.0 token endpoint on loopback that answers as a test says, and keeps what it was asked. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** One answer: a status (200 where it is left out) and a body, as JSON unless it is text. */
export interface TokenReply {
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TokenEndpoint {
  readonly url: string;
  /** The forms it was sent. */
  readonly asked: Record<string, string>[];
}

export async function serveTokens(answer: (count: number) => TokenReply | Promise<TokenReply>): Promise<TokenEndpoint> {
  const asked: Record<string, string>[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      asked.push(Object.fromEntries(new URLSearchParams(Buffer.concat(pieces).toString())));
      void Promise.resolve(answer(asked.length)).then(({ status = 200, body, headers = {} }) => {
        response.writeHead(status, { "content-type": "application/json", ...headers });
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token?key=in-the-query`, asked };
}
