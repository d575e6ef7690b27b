/** Logs in (RFC 4954): by the strongest mechanism both sides know, and never with a password in clear. */
import { type Credentials, type Mechanism, mechanisms } from "./auth-mechanisms.ts";
import type { Capabilities } from "./capabilities.ts";
import { showable } from "./quote.ts";
import { formatReply, isRetryable, type SmtpReply } from "./reply.ts";
import type { Fault } from "./transcript.ts";
import type { Wire } from "./wire.ts";

/** A longer AUTH command must not carry its first response (RFC 4954, section 4; RFC 5321, section 4.5.3.1.4). */
const MAX_COMMAND_LENGTH = 510;
const SECRET = "********";

/**
 * Logs in, or throws `WX_SMTP_AUTH_PLAINTEXT` or `WX_SMTP_AUTH`. The number of steps is that of the mechanism, so a
 * server that keeps asking is cut off.
 */
export async function logIn(
  wire: Wire,
  capabilities: Capabilities,
  credentials: Credentials,
  options: { allowPlaintextAuth: boolean },
): Promise<Mechanism> {
  if (!wire.encrypted && !options.allowPlaintextAuth) throw wire.fatal("auth", plaintextFault(wire.server));
  const mechanism = mechanisms.find(({ name }) => capabilities.auth.includes(name));
  if (mechanism === undefined) throw wire.fatal("auth", noMechanismFault(wire, capabilities));
  const responses = mechanism.responses(credentials);
  wire.transcript.secrets.add(credentials.password);
  for (const response of responses) if (response !== credentials.user) wire.transcript.secrets.add(response);
  const reply = await converse(wire, mechanism, responses.map(encode));
  if (reply.code !== 235) throw wire.fatal("auth", refusedFault(wire.server, mechanism, reply));
  return mechanism;
}

const encode = (text: string): string => Buffer.from(text, "utf8").toString("base64");

async function converse(wire: Wire, mechanism: Mechanism, responses: readonly string[]): Promise<SmtpReply> {
  const [first = "", ...later] = responses;
  const command = `AUTH ${mechanism.name}`;
  const withFirst = mechanism.initialResponse && command.length + 1 + first.length <= MAX_COMMAND_LENGTH;
  let reply = withFirst
    ? await wire.command("auth", `${command} ${first}`, `${command} ${SECRET}`)
    : await wire.command("auth", command);
  for (const response of withFirst ? later : responses) {
    if (reply.code !== 334) break;
    reply = await wire.command("auth", response, SECRET);
  }
  return reply;
}

function plaintextFault(server: string): Fault {
  return {
    code: "WX_SMTP_AUTH_PLAINTEXT",
    what: `The connection to ${server} is not encrypted, so the password was not sent`,
    advice: `Set security to "tls" or "starttls"; only for a server on your own machine, allowPlaintextAuth`,
    retryable: false,
  };
}

function noMechanismFault(wire: Wire, capabilities: Capabilities): Fault {
  const known = mechanisms.map(({ name }) => name).join(", ");
  const offered = showable(capabilities.auth.slice(0, 20).join(", "));
  return {
    code: "WX_SMTP_AUTH",
    what:
      offered === ""
        ? `${wire.server} offers no log-in${wire.encrypted ? "" : " on an unencrypted connection"}`
        : `${wire.server} offers to log in by ${offered}; known here are ${known}`,
    advice: "Leave out auth if the server needs none, or use its submission port (465 or 587)",
    retryable: false,
  };
}

function refusedFault(server: string, mechanism: Mechanism, reply: SmtpReply): Fault {
  const what = `${server} answered the log-in by ${mechanism.name} with "${formatReply(reply)}"`;
  if (reply.code < 400) {
    const advice = "The server does not follow SMTP there; try again later or use another server";
    return { code: "WX_SMTP_PROTOCOL", what, advice, retryable: true, reply };
  }
  const retryable = isRetryable(reply);
  const advice = retryable
    ? "Try again later"
    : "Check user and password; many providers want an authorization code (授权码) or app password made in the mailbox's settings instead of the password";
  return { code: "WX_SMTP_AUTH", what, advice, retryable, reply };
}
