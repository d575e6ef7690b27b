/** Through an HTTP proxy by CONNECT (RFC 9110, section 9.3.6), over TLS to the proxy where its URL is https. */
import { isIPv6 } from "node:net";
import { checkNames } from "../option-check.ts";
import { clip, quoted } from "../quote.ts";
import type { SocketFunction, SocketTarget } from "../socket-function.ts";
import { oddProxy, ProxyError } from "./proxy-error.ts";
import { type ProxySocket, throughProxy } from "./proxy-socket.ts";
import { type ProxyUrl, readProxyUrl } from "./proxy-url.ts";

const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_END = "\r\n\r\n";
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})(?: ([^\r\n]*))?\r\n/;

/** Whom to trust where the proxy itself is spoken to by TLS. */
export interface HttpProxyOptions {
  /** Certificates of the authorities to trust for the proxy, PEM, instead of the ones Node.js brings. */
  readonly ca?: string | undefined;
}

/**
 * A `socket` option that connects through an HTTP proxy. The proxy looks up the server's name.
 *
 * @param url `http://proxy.example:3128` or `https://...`, with `user:password@` where the proxy wants a log-in.
 * @throws SmtpError `WX_SMTP_OPTIONS` where the URL is not one.
 *
 * @example
 * createSmtpPool({ host: "smtp.163.com", port: 465, socket: httpProxy("http://mac:secret@proxy.example:3128") });
 */
export function httpProxy(url: string | URL, options: HttpProxyOptions = {}): SocketFunction {
  checkNames("socket (httpProxy) ", options, { ca: true });
  const proxyUrl = readProxyUrl(url, { "http:": 80, "https:": 443 });
  const tls = proxyUrl.protocol === "https:" ? options : undefined;
  return (target, { signal }) =>
    throughProxy(proxyUrl, { tls, signal }, (proxy) => requestTunnel(proxy, proxyUrl, target));
}

async function requestTunnel(proxy: ProxySocket, url: ProxyUrl, { host, port }: SocketTarget): Promise<void> {
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (url.user !== "") {
    const login = Buffer.from(`${url.user}:${url.password}`, "utf8").toString("base64");
    lines.push(`Proxy-Authorization: Basic ${login}`);
  }
  proxy.write(`${lines.join("\r\n")}${HEAD_END}`);
  const head = await proxy.read(MAX_HEAD_BYTES, headLength);
  const [, status, reason = ""] = STATUS_LINE.exec(head.toString("latin1")) ?? [];
  if (status === undefined) throw oddProxy(proxy.name, "does not speak HTTP");
  if (status.startsWith("2")) return;
  throw new ProxyError(`the proxy ${proxy.name} answered ${status} ${quoted(clip(reason, 100))}`, adviceFor(status));
}

function headLength(bytes: Buffer): number | undefined {
  // What is not HTTP has no end to wait for.
  const start = bytes.toString("latin1", 0, 5);
  if (!"HTTP/".startsWith(start)) return bytes.length;
  const end = bytes.indexOf(HEAD_END);
  return end === -1 ? undefined : end + HEAD_END.length;
}

function adviceFor(status: string): string {
  if (status === "407") return "Give the right user and password in the proxy's URL";
  if (status === "403" || status === "405") return "Let the proxy's operator allow CONNECT to this port";
  return "Check host and port, and what the proxy allows";
}
