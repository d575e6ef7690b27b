/** What nodemailer's errors say of a delivery. */
import { describeError } from "../../base/index.ts";
import type { RecipientRefusal } from "../backend.ts";
import { DeliveryError } from "../errors.ts";

/** The fields that its errors may have. */
interface NodemailerFault {
  code?: unknown;
  /** The command under way: `CONN`, `AUTH PLAIN`, `MAIL FROM`, `RCPT TO`, `DATA`, `API`. */
  command?: unknown;
  response?: unknown;
  responseCode?: unknown;
  syscall?: unknown;
  /** The system's code behind ESOCKET. */
  originalCode?: unknown;
  /** Which wait an ETIMEDOUT ended. */
  timeoutType?: unknown;
  rejected?: unknown;
  /** One error for each refused recipient, with its `recipient`. */
  rejectedErrors?: unknown;
}

/** Codes of faults before the message could have been taken. */
const STAGES: Readonly<Record<string, string>> = {
  EAUTH: "auth",
  ENOAUTH: "auth",
  EOAUTH2: "auth",
  ECONFIG: "connect",
  EDNS: "connect",
  EPROXY: "connect",
  ETLS: "tls",
  EREQUIRETLS: "mail",
  EENVELOPE: "mail",
  EMAXRECIPIENTS: "mail",
  EMESSAGE: "content",
  ESTREAM: "content",
  EFILEACCESS: "content",
  EURLACCESS: "content",
  EFETCH: "content",
};

const COMMANDS: readonly [RegExp, string][] = [
  [/^(?:EHLO|HELO|LHLO)/, "ehlo"],
  [/^STARTTLS/, "starttls"],
  [/^AUTH/, "auth"],
  [/^MAIL/, "mail"],
  [/^RCPT/, "rcpt"],
  [/^DATA/, "data"],
];

/** The system's words for a connection that did not come about. */
const NOT_CONNECTED: readonly unknown[] = ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"];

/** A fault of a nodemailer transport as ours. */
export function nodemailerError(server: string, cause: unknown): DeliveryError {
  const fault: NodemailerFault = typeof cause === "object" && cause !== null ? cause : {};
  const { code: replyCode, enhancedCode } = readReply(fault.response);
  const stage = stageOf(fault);
  const isKnown = replyCode >= 400 || stage !== "";
  return new DeliveryError(`nodemailer could not send the message: ${describeError(cause)}`, {
    server,
    // Where nothing is known of how far it came, the wait for the final reply is what it may have been.
    stage: stage === "" ? "final" : stage,
    retryable: replyCode >= 400 ? replyCode < 500 : !isKnown || isNetwork(fault),
    outcome: isKnown ? "not-sent" : "unknown",
    recipients: refusalsOf(fault),
    replyCode: replyCode >= 400 ? replyCode : 0,
    enhancedCode,
    cause,
  });
}

/** Where it failed; empty where the message may have been taken. */
function stageOf(fault: NodemailerFault): string {
  const code = String(fault.code ?? "");
  const command = String(fault.command ?? "");
  if (isConnecting(fault)) return "connect";
  const ofCommand = COMMANDS.find(([pattern]) => pattern.test(command))?.[1];
  // The final reply's refusal and that of DATA are told apart by the code alone.
  if (ofCommand === "data") return code === "EMESSAGE" ? "final" : "data";
  if (ofCommand !== undefined) return ofCommand;
  if (readReply(fault.response).code >= 400) return STAGES[code] ?? "greeting";
  return STAGES[code] ?? "";
}

function isConnecting({ syscall, originalCode, code, timeoutType }: NodemailerFault): boolean {
  if (syscall === "connect" || NOT_CONNECTED.includes(originalCode) || NOT_CONNECTED.includes(code)) return true;
  return code === "ETIMEDOUT" && timeoutType !== undefined && timeoutType !== "SOCKET_TIMEOUT";
}

/** What was in the way, not the message. */
function isNetwork(fault: NodemailerFault): boolean {
  return isConnecting(fault) || fault.code === "EDNS" || fault.code === "ETLS" || fault.code === "EPROXY";
}

/** The recipients that an answer or an error names as refused. */
export function refusalsOf({
  rejected,
  rejectedErrors,
}: Pick<NodemailerFault, "rejected" | "rejectedErrors">): RecipientRefusal[] {
  const errors: readonly unknown[] = Array.isArray(rejectedErrors) ? rejectedErrors : [];
  const addresses: readonly unknown[] = Array.isArray(rejected) ? rejected : [];
  return addresses.flatMap((entry) => {
    const address = addressOf(entry);
    if (address === undefined) return [];
    const own = errors.find((error) => fieldOf(error, "recipient") === address);
    const { code, enhancedCode, text } = readReply(fieldOf(own, "response"));
    return [{ address, retryable: code >= 400 && code < 500, code, enhancedCode, text }];
  });
}

/** Nodemailer names people by their address or by an object that has it. */
function addressOf(entry: unknown): string | undefined {
  const address = typeof entry === "string" ? entry : fieldOf(entry, "address");
  return typeof address === "string" ? address : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** A reply line (RFC 5321, section 4.2; RFC 2034), code 0 where there is none. */
function readReply(response: unknown): { code: number; enhancedCode: string; text: string } {
  const line = typeof response === "string" ? response : "";
  const [, code, enhancedCode = "", text = ""] = /^(\d{3})[ -](?:(\d\.\d{1,3}\.\d{1,3}) )?([^]*)$/.exec(line) ?? [];
  return { code: Number(code ?? 0), enhancedCode, text: code === undefined ? line : text };
}
