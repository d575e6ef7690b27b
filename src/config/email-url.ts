/** EMAIL_URL: a whole mailer in one line. */
import type { MailerConfig } from "./types.ts";

const RIGHT =
  "it must be smtps://USER:PASSWORD@HOST:PORT (TLS from the start), smtp+tls://… (STARTTLS required), smtp://… , console:, file:///FOLDER, memory: or dummy:.";

const securities = { "smtps:": "tls", "smtp+tls:": "starttls", "smtp:": undefined } as const;

/** The mailer that a URL names, or what is wrong with it; the answer never repeats the password. */
export function readEmailUrl(text: string): { mailer: MailerConfig } | { problem: string } {
  if (!URL.canParse(text)) return { problem: `it is not a URL; ${RIGHT}` };
  try {
    return mailerOf(new URL(text));
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return { problem: "it has a % that encodes nothing; write % as %25." };
  }
}

/** @throws URIError for a percent sign that encodes nothing */
function mailerOf(url: URL): { mailer: MailerConfig } | { problem: string } {
  if (url.protocol === "console:") return { mailer: { backend: "console" } };
  if (url.protocol === "memory:") return { mailer: { backend: "memory" } };
  if (url.protocol === "dummy:") return { mailer: { backend: "dummy" } };
  if (url.protocol === "file:") return { mailer: { backend: "file", path: decodeURIComponent(url.pathname) } };
  if (!(url.protocol in securities)) return { problem: `it begins with ${url.protocol}//; ${RIGHT}` };
  if (url.hostname === "") return { problem: `it names no host; ${RIGHT}` };
  if (url.pathname.length > 1 || url.search !== "" || url.hash !== "") {
    return {
      problem:
        "it has something after the host and port. Encode special characters of the user and password, such as / as %2F and # as %23.",
    };
  }
  const security = securities[url.protocol as keyof typeof securities];
  return {
    mailer: {
      backend: "smtp",
      host: url.hostname.replace(/^\[|\]$/g, ""),
      ...(url.port !== "" && { port: Number(url.port) }),
      ...(security !== undefined && { security }),
      ...(url.username !== "" && { user: decodeURIComponent(url.username) }),
      ...(url.password !== "" && { password: decodeURIComponent(url.password) }),
    },
  };
}
