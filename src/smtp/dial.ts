/** Opens the TCP connection, to whichever of the host's addresses answers first. */
import { connect, type Socket } from "node:net";
import { abortedFault, timeoutFault } from "./faults.ts";
import { onAbort } from "./on-abort.ts";
import { showable } from "./quote.ts";
import { deadlineOf, type SmtpTimeouts } from "./timeouts.ts";
import type { Fault, Transcript } from "./transcript.ts";

interface DialOptions {
  readonly host: string;
  readonly port: number;
  readonly timeouts: SmtpTimeouts;
}

/** Connects, or throws `WX_SMTP_CONNECT`, `WX_SMTP_TIMEOUT` or `WX_SMTP_ABORTED`. */
export function dial(options: DialOptions, transcript: Transcript, signal: AbortSignal | undefined): Promise<Socket> {
  const { server } = transcript;
  const deadline = deadlineOf("connect", options.timeouts);
  if (signal?.aborted === true) {
    return Promise.reject(transcript.error("connect", abortedFault(server, signal.reason)));
  }
  return new Promise((resolve, reject) => {
    const socket = connect({ host: options.host, port: options.port, noDelay: true, keepAlive: true });
    const settle = (fault?: Fault): void => {
      clearTimeout(timer);
      unlisten();
      socket.off("connect", onConnect).off("error", onError);
      if (fault === undefined) return resolve(socket);
      socket.on("error", () => {}).destroy();
      reject(transcript.error("connect", fault));
    };
    const onConnect = (): void => settle();
    const onError = (error: Error): void => settle(connectFault(server, error));
    const timer = setTimeout(() => settle(timeoutFault(server, "connect", deadline)), deadline.ms);
    socket.once("connect", onConnect).once("error", onError);
    const unlisten = onAbort(signal, () => settle(abortedFault(server, signal?.reason)));
  });
}

const REASONS: Readonly<Record<string, { is: string; advice: string }>> = {
  ECONNREFUSED: { is: "nothing accepts connections there", advice: "Check the port, and that the server is running" },
  ENOTFOUND: { is: "the host name does not exist", advice: "Check the spelling of host" },
  EAI_AGAIN: { is: "the host name cannot be looked up now", advice: "Check this machine's network and DNS" },
  ETIMEDOUT: { is: "nothing answers there", advice: "Check that no firewall blocks the port" },
  EHOSTUNREACH: { is: "the host cannot be reached", advice: "Check this machine's network" },
  ENETUNREACH: { is: "the network cannot be reached", advice: "Check this machine's network" },
};

function connectFault(server: string, cause: Error): Fault {
  // With several addresses Node reports an AggregateError; the first one tells most.
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  const { code = "", message = "" } = first as NodeJS.ErrnoException;
  const reason = REASONS[code] ?? { is: showable(message), advice: "Check host, port and this machine's network" };
  const what = `No connection to ${server}: ${reason.is}${code === "" ? "" : ` (${code})`}`;
  return { code: "WX_SMTP_CONNECT", what, advice: reason.advice, retryable: true, cause };
}
