/** The way out that the options of a send name: a mailer, or, by Django's old forms, a connection for the moment. */
import type { Backend } from "./backend.ts";
import { warnOnce } from "./deprecation.ts";
import { MailerError } from "./errors.ts";
import type { Connect, Mail, MailOptions } from "./mail.ts";
import { DEFAULT_MAILER_ALIAS, type Mailers } from "./mailers.ts";
import type { SendOptions } from "./message-fields.ts";
import { checkSendOptions } from "./send-options.ts";
import { silenced } from "./silenced.ts";

/**
 * Does some work with the backend that the options name, which is closed afterwards where it was made for them.
 *
 * @throws MessageError WX_MESSAGE_OPTION; MailerError WX_MAILER_UNKNOWN, WX_MAILER_CONNECT; what the work throws
 */
export async function throughWayOut<T>(
  { mailers, connect }: MailOptions,
  options: SendOptions,
  work: (backend: Backend) => Promise<T>,
): Promise<T> {
  checkSendOptions(options);
  const { using, connection, failSilently, authUser: user, authPassword: password } = options;
  const own = user === undefined ? undefined : connectBy(connect, undefined, { user, password });
  const backend = connection ?? own ?? mailers.get(using);
  try {
    return await work(failSilently === true ? silenced(backend) : backend);
  } finally {
    await own?.close?.();
  }
}

/** Whose headers a message gets that is composed to be sent later: those of the mailer it is for, if there is one. */
export function composedFor(mailers: Mailers, using: string | undefined): Partial<Backend> {
  return using === undefined && !mailers.has(DEFAULT_MAILER_ALIAS) ? {} : mailers.get(using);
}

/** Django's `get_connection`. */
export function connectionGetter({ connect }: MailOptions): Mail["getConnection"] {
  return (backend, { failSilently, ...options } = {}) => {
    const advice = "getConnection is deprecated, as in Django 6.1: configure a mailer and say `using`.";
    warnOnce("WX_DEPRECATED_GET_CONNECTION", advice);
    const connection = connectBy(connect, backend, options);
    return failSilently === true ? silenced(connection) : connection;
  };
}

function connectBy(connect: Connect | undefined, backend: string | undefined, options: object): Backend {
  if (connect !== undefined) return connect(backend, { ...options });
  const fix = "configure a mailer with those options and name it in `using`";
  throw new MailerError("WX_MAILER_CONNECT", "connect", `These mailers were handed in finished; ${fix}.`);
}
