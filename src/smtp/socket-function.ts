/** The seam between the client and whatever leads to the server: a function that makes the connection. */
import type { Socket } from "node:net";

/** What a socket function is handed beside the target. */
export interface SocketRequest {
  /** Aborts when the connection is no longer wanted, or took too long: end the attempt then. */
  readonly signal: AbortSignal;
}

/** The server a socket is wanted to. */
export interface SocketTarget {
  readonly host: string;
  readonly port: number;
}

/** Makes the connection to a server: through a proxy, a tunnel, or whatever leads there. */
export type SocketFunction = (target: SocketTarget, request: SocketRequest) => Promise<Socket>;
