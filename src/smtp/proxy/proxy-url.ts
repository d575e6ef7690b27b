/** A proxy's URL, read and checked. */
import { isIPv6 } from "node:net";
import { check } from "../option-check.ts";

export interface ProxyUrl {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  /** `host:port`, for errors. */
  readonly proxy: string;
  /** Empty where the proxy wants no log-in. */
  readonly user: string;
  readonly password: string;
}

/** Reads a URL of one of `ports`' protocols, which have these default ports; throws `WX_SMTP_OPTIONS` without the password. */
export function readProxyUrl(url: string | URL, ports: Readonly<Record<string, number>>): ProxyUrl {
  const right = `a URL such as ${Object.keys(ports)[0]}//user:password@proxy.example:1080`;
  const isUrl = URL.canParse(String(url));
  check(isUrl, "socket (the proxy's URL)", "(not shown)", right);
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(String(url));
  const isBare = (pathname === "" || pathname === "/") && search === "" && hash === "";
  check(Object.hasOwn(ports, protocol) && hostname !== "" && isBare, "socket (the proxy's URL)", "(not shown)", right);
  const host = hostname.replace(/^\[|\]$/g, "");
  const number = port === "" ? (ports[protocol] ?? 0) : Number(port);
  check(number > 0, "socket (the proxy's port)", number, "1 to 65535");
  return {
    protocol,
    host,
    port: number,
    proxy: `${isIPv6(host) ? hostname : host}:${number}`,
    user: decode(username),
    password: decode(password),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    check(false, "socket (the proxy's user or password)", "(not shown)", "percent-encoded where it holds a %");
    return text;
  }
}
