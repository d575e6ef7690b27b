/** From a fresh connection to one that takes mail: greeting, EHLO, TLS, EHLO again, log-in. */
import { isIPv6 } from "node:net";
import { logIn } from "./auth/log-in.ts";
import { type Capabilities, noCapabilities, parseCapabilities } from "./capabilities.ts";
import { refusedFault } from "./faults.ts";
import type { SmtpProtocol, SmtpSettings } from "./options.ts";
import type { SmtpReply } from "./reply.ts";
import { secureSocket } from "./tls.ts";
import type { Fault } from "./transcript.ts";
import type { Wire } from "./wire.ts";

/** Opens the session and returns what the server can do in it; throws an `SmtpError` at any step that fails. */
export async function openSession(
  wire: Wire,
  settings: SmtpSettings,
  signal?: AbortSignal | undefined,
): Promise<Capabilities> {
  if (settings.security === "tls") await upgrade(wire, settings);
  const greeting = await wire.reply("greeting");
  if (greeting.code !== 220) throw wire.refusal("greeting", greeting);
  let capabilities = await introduce(wire, settings, greeting);
  if (await startTls(wire, settings, capabilities)) {
    // What was said in clear may have been said by anyone: only what is said under TLS counts (RFC 3207, section 4.2).
    capabilities = await introduce(wire, settings, greeting);
  }
  if (settings.auth !== undefined) await logIn(wire, capabilities, settings.auth, settings, signal);
  return capabilities;
}

function upgrade(wire: Wire, settings: SmtpSettings): Promise<void> {
  return wire.upgrade((socket) => secureSocket(socket, settings.tls));
}

async function introduce(wire: Wire, settings: SmtpSettings, greeting: SmtpReply): Promise<Capabilities> {
  const name = settings.clientName ?? addressLiteral(wire.localAddress);
  const hello = await wire.command("ehlo", `${settings.protocol === "lmtp" ? "LHLO" : "EHLO"} ${name}`);
  if (hello.code === 250) return parseCapabilities(hello);
  const mismatch = protocolFault(wire.server, settings.protocol, greeting, hello);
  if (mismatch !== undefined) throw wire.fatal("ehlo", mismatch);
  if (hello.code < 500 || settings.protocol === "lmtp") throw wire.refusal("ehlo", hello);
  const helo = await wire.command("ehlo", `HELO ${name}`);
  if (helo.code !== 250) throw wire.refusal("ehlo", helo);
  return noCapabilities;
}

/** A server that does not know our hello may be one of the other protocol (RFC 2033, section 4.1). */
function protocolFault(
  server: string,
  protocol: SmtpProtocol,
  greeting: SmtpReply,
  hello: SmtpReply,
): Fault | undefined {
  const isUnknown = hello.code >= 500 && hello.code <= 504;
  const other = protocol === "lmtp" ? "smtp" : "lmtp";
  if (!isUnknown || (other === "lmtp" && !/\bLMTP\b/i.test(greeting.text))) return undefined;
  const fault = refusedFault(server, "ehlo", hello);
  return { ...fault, advice: `If this server speaks ${other.toUpperCase()}, set protocol to "${other}"` };
}

/** Whether TLS was started. A server that offers it and then refuses is not spoken to in clear. */
async function startTls(wire: Wire, settings: SmtpSettings, capabilities: Capabilities): Promise<boolean> {
  if (wire.encrypted || settings.security === "none") return false;
  if (!capabilities.keywords.has("STARTTLS")) {
    if (settings.security === "starttls") throw wire.fatal("starttls", missingFault(wire.server));
    return false;
  }
  const reply = await wire.command("starttls", "STARTTLS");
  if (reply.code !== 220) throw wire.fatal("starttls", refusedFault(wire.server, "starttls", reply));
  await upgrade(wire, settings);
  return true;
}

/** How a machine without a name introduces itself (RFC 5321, section 4.1.3). */
function addressLiteral(address: string | undefined): string {
  const bare = (address ?? "127.0.0.1").replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
  return isIPv6(bare) ? `[IPv6:${bare}]` : `[${bare}]`;
}

function missingFault(server: string): Fault {
  return {
    code: "WX_SMTP_STARTTLS_MISSING",
    what: `${server} does not offer STARTTLS, so nothing was sent over the unencrypted connection`,
    advice: `Use port 465 with security "tls" if the server has it; if it offered STARTTLS before, someone on the way may remove it`,
    retryable: true,
  };
}
