/** Serves a fetch handler from Node's own HTTP server. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";

/** What is served, and where. */
export interface ServeNodeOptions {
  fetch: (request: Request) => Response | Promise<Response>;
  /** The interface to listen on, such as `127.0.0.1`. */
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** How long `close` lets running requests finish, in milliseconds. Default 500. */
  closeGraceMs?: number;
}

/** A server that listens. */
export interface NodeServer {
  /** Where a browser on this machine finds it. */
  url: string;
  /** The port it listens on, also where the system chose it. */
  port: number;
  /** Takes no new connections, lets running requests finish for a moment, then cuts what is left (event streams never finish). */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A client that needs longer than this for its headers, or its whole request, is not a person with a browser. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 20_000;
/** How often those two are looked at. */
const CHECK_INTERVAL_MS = 2_000;

/**
 * Listens, and resolves once it does.
 *
 * @throws The system's own error when it cannot listen: `EADDRINUSE` when the port is taken, `EACCES`, `EADDRNOTAVAIL`.
 *
 * @example
 * const server = await serveNode({ fetch: web.fetch, host: "127.0.0.1", port: 8025 });
 * console.log(server.url);
 * await server.close();
 */
export async function serveNode(options: ServeNodeOptions): Promise<NodeServer> {
  const server = createAdaptorServer({
    fetch: (request) => {
      const own = platformRequest(request);
      return own === undefined ? new Response(null, { status: 400 }) : options.fetch(own);
    },
    // The program that hosts us keeps its own Request and Response.
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    },
  }) as Server; // Without `createServer` it makes a node:http server.
  await listen(server, options);
  const { port } = server.address() as AddressInfo; // A server that listens on a port has such an address.
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeServer(server, options.closeGraceMs ?? 500));
  return { url: `http://${browsable(options.host)}:${port}`, port, close, [Symbol.asyncDispose]: close };
}

/**
 * The request as the platform's own class: the server hands over a stand-in, of which no handler can make another Request.
 * Undefined for what the platform makes none of: the method TRACE, or a Host that is no name.
 */
function platformRequest(request: Request): Request | undefined {
  try {
    const { url, method, headers, signal } = request;
    // RFC 9112, section 6.3: without either of these there is no body.
    const hasBody = headers.has("content-length") || headers.has("transfer-encoding");
    return new Request(url, { method, headers, signal, ...(hasBody && { body: request.body, duplex: "half" }) });
  } catch {
    return undefined;
  }
}

function listen(server: Server, { host, port }: ServeNodeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close((error) => {
      clearTimeout(cut);
      if (error === undefined) resolve();
      else reject(error);
    });
    server.closeIdleConnections();
  });
}

/** "All interfaces" is not an address that a browser can open. */
function browsable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
