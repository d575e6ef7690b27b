/** Why a server cannot be given a message, known from what it announced before anything is sent. */
import type { Capabilities } from "./capabilities.ts";
import type { Job } from "./job.ts";
import type { Fault } from "./transcript.ts";

/** The session that the message would go through. */
export interface OpenSession {
  readonly server: string;
  readonly encrypted: boolean;
  readonly capabilities: Capabilities;
}

export function contentFault({ server, encrypted, capabilities }: OpenSession, job: Job): Fault | undefined {
  const { size = 0, keywords } = capabilities;
  if (size > 0 && job.bytes.length > size) return tooLarge(server, job.bytes.length, size);
  if (!job.isAscii && !keywords.has("8BITMIME")) {
    return {
      code: "WX_SMTP_8BIT",
      what: `The message holds bytes above 127 and ${server} does not offer 8BITMIME`,
      advice: "Encode its parts as quoted-printable or base64",
      retryable: false,
    };
  }
  if (job.envelope.smtpUtf8 === true && !keywords.has("SMTPUTF8")) {
    return {
      code: "WX_SMTP_UTF8",
      what: `The message needs SMTPUTF8 for its addresses or headers, and ${server} does not offer it`,
      advice: "Use addresses in plain ASCII (a domain as xn--...), or send through a server that offers SMTPUTF8",
      retryable: false,
    };
  }
  if (job.envelope.requireTls === true) return requireTlsFault(server, encrypted, keywords.has("REQUIRETLS"));
  return undefined;
}

function tooLarge(server: string, bytes: number, size: number): Fault {
  return {
    code: "WX_SMTP_TOO_LARGE",
    what: `The message has ${bytes} bytes and ${server} takes at most ${size}`,
    advice: "Make it smaller, for example by linking to a file instead of attaching it",
    retryable: false,
  };
}

/** RFC 8689, section 3: the first hop too must be encrypted, and must promise to pass the demand on. */
function requireTlsFault(server: string, encrypted: boolean, isOffered: boolean): Fault | undefined {
  if (encrypted && isOffered) return undefined;
  return {
    code: "WX_SMTP_REQUIRETLS",
    what: encrypted
      ? `The message asks for TLS all the way, and ${server} does not offer REQUIRETLS`
      : `The message asks for TLS all the way, and the connection to ${server} is not encrypted`,
    advice: encrypted
      ? "Leave out requireTls, or send through a server that offers REQUIRETLS"
      : `Set security to "tls" or "starttls"`,
    retryable: false,
  };
}
