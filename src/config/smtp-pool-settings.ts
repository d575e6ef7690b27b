/** What can be configured of an SMTP mailer's connections: how many there are, how long each serves, and how full it is kept. */
import type { SmtpBackendOptions } from "../mail/index.ts";
import { isCount, isOneOf, isSeconds, type Shape, timerMs } from "./check.ts";

/** The connections of a mailer that speaks SMTP. What a provider is known to allow stands in for what is left out. */
export interface SmtpPoolConfig {
  /** Connections to the server at once, from this process. Default 5. */
  maxConnections?: number | undefined;
  /** After so many messages a connection is replaced; many servers refuse more than 100. Default 100. */
  maxMessagesPerConnection?: number | undefined;
  /** How long a connection is kept open without work, in seconds. Default 30. */
  idleTimeoutSeconds?: number | undefined;
  /** How many messages may wait for a connection before more are refused with `WX_SMTP_BUSY`. Default 10,000. */
  maxWaiting?: number | undefined;
  /** More recipients than this are served in several transactions. Default 100, which every server must take. */
  maxRecipients?: number | undefined;
  /** The fullest use of the wire that may be made, where the server offers it. Default "chunk". */
  pipelining?: SmtpBackendOptions["pipelining"];
  /** How many messages may be on the way on one connection by BDAT: as many are unknown if it breaks. Default 16. */
  maxInFlight?: number | undefined;
  /** No further message is begun while those on the way on one connection have so many bytes. Default 4 MiB. */
  maxInFlightBytes?: number | undefined;
}

export const smtpPoolShape: Shape = {
  maxConnections: isCount,
  maxMessagesPerConnection: isCount,
  idleTimeoutSeconds: isSeconds,
  maxWaiting: isCount,
  maxRecipients: isCount,
  pipelining: isOneOf("one", "pipe", "chain", "chunk"),
  maxInFlight: isCount,
  maxInFlightBytes: isCount,
} satisfies Record<keyof SmtpPoolConfig, unknown>;

/** As the backend takes them. */
export function smtpPoolOptions(config: SmtpPoolConfig): Partial<SmtpBackendOptions> {
  const { maxConnections, maxMessagesPerConnection, idleTimeoutSeconds } = config;
  const { maxWaiting, maxRecipients, pipelining, maxInFlight, maxInFlightBytes } = config;
  return {
    maxConnections,
    maxMessagesPerConnection,
    idleTimeoutMs: idleTimeoutSeconds === undefined ? undefined : timerMs(idleTimeoutSeconds),
    maxWaiting,
    maxRecipients,
    pipelining,
    maxInFlight,
    maxInFlightBytes,
  };
}
