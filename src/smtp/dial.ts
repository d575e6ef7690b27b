/** Opens the connection: to whichever of the host's addresses answers, to a unix socket, or by the caller's own function. */
import { connect, isIP, type LookupFunction, type NetConnectOpts, type OnReadOpts, Socket } from "node:net";
import { bounded } from "./bounded.ts";
import { connectFault } from "./connect-fault.ts";
import { FAMILIES } from "./families.ts";
import { abortedFault, timeoutFault } from "./faults.ts";
import { onAbort } from "./on-abort.ts";
import type { SocketFunction } from "./socket-function.ts";
import { deadlineOf, type SmtpTimeouts } from "./timeouts.ts";
import type { Transcript } from "./transcript.ts";

/** Where to connect, and how. */
export interface DialOptions {
  readonly host: string;
  readonly port: number;
  readonly timeouts: SmtpTimeouts;
  readonly socketPath?: string | undefined;
  readonly localAddress?: string | undefined;
  readonly lookup?: LookupFunction | undefined;
  readonly socket?: SocketFunction | undefined;
  /** How the socket reads, where it is one of our making. */
  readonly onread?: OnReadOpts | undefined;
  /** Makes it, in place of `net.connect`. */
  readonly connect?: ((address: NetConnectOpts) => Socket) | undefined;
}

/** Connects, or throws `WX_SMTP_CONNECT`, `WX_SMTP_TIMEOUT` or `WX_SMTP_ABORTED`. */
export async function dial(
  options: DialOptions,
  transcript: Transcript,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const { server } = transcript;
  const deadline = deadlineOf("connect", options.timeouts);
  if (signal?.aborted === true) throw transcript.error("connect", abortedFault(server, signal.reason));
  const stop = new AbortController();
  const opening = openSocket(options, stop.signal);
  const opened = await bounded(opening, deadline.ms, signal).catch((error: unknown) => {
    throw transcript.error("connect", connectFault(server, error));
  });
  if (opened.end === "done") return opened.value;
  const fault =
    opened.end === "late" ? timeoutFault(server, "connect", deadline) : abortedFault(server, signal?.reason);
  stop.abort();
  // A function that ends too late, or does not heed the signal, leaves nothing open.
  opening.then((socket) => socket.on("error", () => {}).destroy()).catch(() => {});
  throw transcript.error("connect", fault);
}

async function openSocket(options: DialOptions, signal: AbortSignal): Promise<Socket> {
  const open = options.socket ?? connectSocket(options);
  const socket: unknown = await open({ host: options.host, port: options.port }, { signal });
  if (socket instanceof Socket) return socket;
  throw new TypeError("the option socket gave something that is no net.Socket");
}

/** Node's own connections, as a socket function. */
function connectSocket(options: DialOptions): SocketFunction {
  return (_target, { signal }) =>
    new Promise((resolve, reject) => {
      const socket = (options.connect ?? connect)(addressOf(options));
      const settle = (end: () => void): void => {
        unlisten();
        socket.off("connect", onConnect).off("error", onError);
        end();
      };
      const onConnect = (): void => settle(() => resolve(socket));
      const onError = (error: Error): void => settle(() => reject(error));
      socket.once("connect", onConnect).once("error", onError);
      const unlisten = onAbort(signal, () => settle(() => void socket.on("error", () => {}).destroy()));
    });
}

function addressOf({ host, port, socketPath, localAddress, lookup, onread }: DialOptions): NetConnectOpts {
  const reading = onread === undefined ? {} : { onread };
  if (socketPath !== undefined) return { path: socketPath, ...reading };
  return {
    ...reading,
    host,
    port,
    noDelay: true,
    keepAlive: true,
    ...FAMILIES,
    ...(lookup === undefined ? {} : { lookup }),
    // An address of ours reaches only servers of its family.
    ...(localAddress === undefined ? {} : { localAddress, family: isIP(localAddress) }),
  };
}
