/** An address that cannot be listened on, as a setting that can be changed. */
import { ConfigError } from "./errors.ts";

/** Where it was to listen, and the words that say how to change the port. */
export interface ListenSetting {
  setting: string;
  host: string;
  port: number;
  /** Such as `--port (or PORT)`. */
  change: string;
}

/** The system's error when listening failed, as a `ConfigError` that names the way out; any other error as it is. */
export function listenError(error: unknown, { setting, host, port, change }: ListenSetting): unknown {
  const elsewhere = "Choose another with --host (or WAXSEAL_HOST).";
  const problems: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} on ${host} is in use by another program. Choose another with ${change}.`,
    EACCES: `port ${port} on ${host} needs more rights than this user has. Choose one over 1023 with ${change}.`,
    EADDRNOTAVAIL: `${host} is not an address of this machine. ${elsewhere}`,
    ENOTFOUND: `the host name ${host} does not exist. ${elsewhere}`,
  };
  const problem = problems[(error as { code?: string } | undefined)?.code ?? ""];
  return problem === undefined ? error : new ConfigError([{ setting, problem }]);
}
