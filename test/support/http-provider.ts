/** A mail provider's API on this machine: keeps each request as it came, and answers what the test says. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A request as it came over the wire. */
export interface RawRequest {
  method: string;
  /** Path and query. */
  target: string;
  /** By lower-case name; a header that came twice has both, with a comma between. */
  headers: Record<string, string>;
  body: Buffer;
}

/** What the API answers; `hang` for nothing at all, `reset` for a connection that breaks. */
export type ProviderAnswer = { status: number; headers?: Record<string, string>; body: unknown } | "hang" | "reset";

export interface HttpProvider {
  url: string;
  host: string;
  requests: RawRequest[];
  /** The next answers, in their order; the last one is given again and again. */
  answers: ProviderAnswer[];
}

/** Starts an API on a free port; it goes with the test. */
export async function listenHttpProvider(...answers: ProviderAnswer[]): Promise<HttpProvider> {
  const requests: RawRequest[] = [];
  const server = createServer((request, response) => {
    void read(request).then((raw) => {
      requests.push(raw);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer !== undefined) give(answer, request, response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `http://${host}`, host, requests, answers };
}

async function read(request: IncomingMessage): Promise<RawRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers: Record<string, string> = {};
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = (request.rawHeaders[index] ?? "").toLowerCase();
    const value = request.rawHeaders[index + 1] ?? "";
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { method: request.method ?? "", target: request.url ?? "", headers, body: Buffer.concat(chunks) };
}

function give(answer: ProviderAnswer, request: IncomingMessage, response: ServerResponse): void {
  if (answer === "hang") return;
  if (answer === "reset") {
    request.socket.resetAndDestroy();
    return;
  }
  const isText = typeof answer.body === "string";
  response.writeHead(answer.status, { "content-type": isText ? "text/plain" : "application/json", ...answer.headers });
  response.end(isText ? answer.body : JSON.stringify(answer.body));
}
