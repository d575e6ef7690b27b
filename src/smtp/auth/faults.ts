/** Why a log-in failed, each with what happened and what to do about it. */
import type { Capabilities } from "../capabilities.ts";
import { clip, showable } from "../quote.ts";
import { formatReply, isRetryable, type SmtpReply } from "../reply.ts";
import type { Fault } from "../transcript.ts";
import type { Wire } from "../wire.ts";
import { mechanismsFor } from "./choose.ts";
import type { BadChallenge, Mechanism } from "./mechanism.ts";

/** How a log-in was answered. `challenge` is the last one: with OAuth it holds the reason of a refusal. */
export interface LogInAnswer {
  readonly reply: SmtpReply;
  readonly challenge: string;
}

export function plaintextFault(server: string): Fault {
  return {
    code: "WX_SMTP_AUTH_PLAINTEXT",
    what: `The connection to ${server} is not encrypted, so the password was not sent`,
    advice: `Set security to "tls" or "starttls"; only for a server on your own machine, allowPlaintextAuth`,
    retryable: false,
  };
}

export function noMechanismFault(
  { server, encrypted }: Wire,
  { by, method }: { by: Mechanism["by"]; method: string | undefined },
  capabilities: Capabilities,
): Fault {
  const known = mechanismsFor(by, encrypted).map(({ name }) => name);
  const offered = showable(capabilities.auth.slice(0, 20).join(", "));
  const wanted = method === undefined ? `known here for a ${by} are ${known.join(", ")}` : `auth.method is ${method}`;
  return {
    code: "WX_SMTP_AUTH",
    what:
      offered === ""
        ? `${server} offers no log-in${encrypted ? "" : " on an unencrypted connection"}`
        : `${server} offers to log in by ${offered}; ${wanted}`,
    advice: adviceForOffer(by, offered, capabilities),
    retryable: false,
  };
}

function adviceForOffer(by: Mechanism["by"], offered: string, { auth }: Capabilities): string {
  if (offered === "") return "Leave out auth if the server needs none, or use its submission port (465 or 587)";
  const other = by === "token" ? "password" : "token";
  if (mechanismsFor(other, true).every(({ name }) => !auth.includes(name))) {
    return "Ask its operator for one of the mechanisms that are known here";
  }
  return other === "token"
    ? "Give auth.oauth2 or auth.accessToken in place of the password"
    : "Give auth.password in place of a token, or leave out auth.method";
}

export function badChallengeFault(server: string, { message, advice }: BadChallenge): Fault {
  return { code: "WX_SMTP_AUTH", what: `${server} ${message}`, advice, retryable: false };
}

export function refusedLogInFault({ server }: Wire, mechanism: Mechanism, { reply, challenge }: LogInAnswer): Fault {
  const detail = mechanism.by === "token" && challenge !== "" ? `, saying ${showable(clip(challenge, 300))}` : "";
  const what = `${server} answered the log-in by ${mechanism.name} with "${formatReply(reply)}"${detail}`;
  if (reply.code < 400) {
    const advice = "The server does not follow SMTP there; try again later or use another server";
    return { code: "WX_SMTP_PROTOCOL", what, advice, retryable: true, reply };
  }
  const retryable = isRetryable(reply);
  return { code: "WX_SMTP_AUTH", what, advice: retryable ? "Try again later" : adviceFor(mechanism), retryable, reply };
}

function adviceFor(mechanism: Mechanism): string {
  if (mechanism.by === "token") {
    return "Check that the token was granted for the mailbox in user, and for sending by SMTP (its scope)";
  }
  const advice =
    "Check user and password; many providers want an authorization code (授权码) or app password made in the mailbox's settings instead of the password";
  return mechanism.hidesPassword ? `${advice}. If both are right, try auth.method "PLAIN"` : advice;
}
