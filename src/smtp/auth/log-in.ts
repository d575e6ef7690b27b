/** Logs in (RFC 4954): by the strongest mechanism both sides know, and never with a secret in clear. */
import { bounded } from "../bounded.ts";
import type { Capabilities } from "../capabilities.ts";
import { abortedFault, timeoutFault } from "../faults.ts";
import type { SmtpReply } from "../reply.ts";
import { deadlineOf, type SmtpTimeouts } from "../timeouts.ts";
import type { Wire } from "../wire.ts";
import type { Account } from "./account.ts";
import { chooseMechanism } from "./choose.ts";
import { badChallengeFault, type LogInAnswer, noMechanismFault, plaintextFault, refusedLogInFault } from "./faults.ts";
import { BadChallenge, type Exchange, type Login, type Mechanism, type Words } from "./mechanism.ts";

/** A longer AUTH command must not carry its first response (RFC 4954, section 4; RFC 5321, section 4.5.3.1.4). */
const MAX_COMMAND_LENGTH = 510;
const SHOWN = "********";

/** What logging in needs of the settings. */
export interface LogInSettings {
  readonly host: string;
  readonly port: number;
  readonly allowPlaintextAuth: boolean;
  readonly timeouts: SmtpTimeouts;
}

/**
 * Logs in; throws `WX_SMTP_AUTH_PLAINTEXT`, `WX_SMTP_AUTH` or `WX_SMTP_OAUTH2`. An access token that the server refuses
 * is replaced by a fresh one, once. The number of steps is that of the mechanism: a server that keeps asking is cut off.
 */
export async function logIn(
  wire: Wire,
  capabilities: Capabilities,
  account: Account,
  settings: LogInSettings,
  signal?: AbortSignal,
): Promise<void> {
  if (!wire.encrypted && !settings.allowPlaintextAuth) throw wire.fatal("auth", plaintextFault(wire.server));
  const wanted = { by: account.by, method: account.method, encrypted: wire.encrypted };
  const mechanism = chooseMechanism(wanted, capabilities.auth);
  if (mechanism === undefined) throw wire.fatal("auth", noMechanismFault(wire, wanted, capabilities));
  const obtain = (refused?: string): Promise<string> => obtainSecret(wire, account, settings, { refused, signal });
  const { host, port } = settings;
  const attempt = (secret: string): Promise<LogInAnswer> =>
    tryLogIn(wire, mechanism, { user: account.user, secret, host, port });

  const secret = await obtain();
  let answer = await attempt(secret);
  if (account.by === "token" && answer.reply.code >= 500) {
    const fresh = await obtain(secret);
    if (fresh !== secret) answer = await attempt(fresh);
  }
  if (answer.reply.code !== 235) throw wire.fatal("auth", refusedLogInFault(wire, mechanism, answer));
}

async function obtainSecret(
  wire: Wire,
  { source }: Account,
  { timeouts }: LogInSettings,
  { refused, signal }: { refused: string | undefined; signal: AbortSignal | undefined },
): Promise<string> {
  const deadline = deadlineOf("auth", timeouts);
  const obtained = await bounded(source.get(refused), deadline.ms, signal);
  if (obtained.end === "aborted") throw wire.fatal("auth", abortedFault(wire.server, signal?.reason));
  if (obtained.end === "late") {
    throw wire.fatal("auth", timeoutFault("The source of the access token", "auth", deadline));
  }
  if (typeof obtained.value !== "string") throw wire.fatal("auth", obtained.value);
  wire.transcript.secrets.add(obtained.value);
  return obtained.value;
}

async function tryLogIn(wire: Wire, mechanism: Mechanism, login: Login): Promise<LogInAnswer> {
  try {
    return await converse(wire, mechanism, login);
  } catch (error) {
    if (!(error instanceof BadChallenge)) throw error;
    throw wire.fatal("auth", badChallengeFault(wire.server, error));
  }
}

async function converse(wire: Wire, mechanism: Mechanism, login: Login): Promise<LogInAnswer> {
  let exchange: Exchange | undefined;
  /** Our next words, in base64; undefined where the mechanism has no more. */
  const next = async (challenge: string): Promise<string | undefined> => {
    exchange ??= mechanism.exchange(login, challenge);
    const { value } = await exchange.next(challenge);
    return value === undefined ? undefined : hidden(wire, value);
  };
  const command = `AUTH ${mechanism.name}`;
  let ready = mechanism.clientFirst ? await next("") : undefined;
  let reply: SmtpReply;
  if (ready !== undefined && command.length + 1 + ready.length <= MAX_COMMAND_LENGTH) {
    reply = await wire.command("auth", `${command} ${ready}`, `${command} ${SHOWN}`);
    ready = undefined;
  } else {
    reply = await wire.command("auth", command);
  }
  let challenge = "";
  while (reply.code === 334) {
    challenge = Buffer.from(reply.text, "base64").toString("utf8");
    const response = ready ?? (await next(challenge));
    ready = undefined;
    if (response === undefined) break;
    reply = await wire.command("auth", response, SHOWN);
  }
  if (reply.code === 235) await next("");
  return { reply, challenge };
}

/** What we say in base64; its secrets are hidden from now on. */
function hidden(wire: Wire, { say, secrets = [] }: Words): string {
  for (const secret of secrets.length > 0 ? [say, ...secrets] : []) wire.transcript.secrets.add(secret);
  return Buffer.from(say, "utf8").toString("base64");
}
