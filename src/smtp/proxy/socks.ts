/** Through a SOCKS5 proxy (RFC 1928), with a user and password where it wants one (RFC 1929). */
import { isIP } from "node:net";
import { check } from "../option-check.ts";
import type { SocketFunction, SocketTarget } from "../socket-function.ts";
import { oddProxy, ProxyError } from "./proxy-error.ts";
import { type ProxySocket, throughProxy } from "./proxy-socket.ts";
import { type ProxyUrl, readProxyUrl } from "./proxy-url.ts";

const VERSION = 5;
const AUTH_VERSION = 1;
const NO_LOGIN = 0;
const BY_PASSWORD = 2;
const CONNECT = 1;
/** Every field of an answer has its length in it; the longest has a name of 255 bytes. */
const MAX_ANSWER_BYTES = 4 + 1 + 255 + 2;
const MAX_TEXT_BYTES = 255;

/** RFC 1928, section 6. */
const REPLIES: Readonly<Record<number, string>> = {
  1: "had a failure of its own",
  2: "does not allow this connection",
  3: "cannot reach the server's network",
  4: "cannot reach the server, or does not find its name",
  5: "was refused by the server",
  6: "waited too long for the server",
  7: "knows no CONNECT",
  8: "does not take this kind of address",
};

/**
 * A `socket` option that connects through a SOCKS5 proxy. The proxy looks up the server's name.
 *
 * @param url `socks5://proxy.example:1080`, with `user:password@` where the proxy wants a log-in.
 * @throws SmtpError `WX_SMTP_OPTIONS` where the URL is not one.
 *
 * @example
 * createSmtpPool({ host: "smtp.163.com", port: 465, socket: socksProxy("socks5://proxy.example:1080") });
 */
export function socksProxy(url: string | URL): SocketFunction {
  const proxyUrl = readProxyUrl(url, { "socks5:": 1080, "socks5h:": 1080 });
  for (const text of [proxyUrl.user, proxyUrl.password]) {
    const isRight = Buffer.byteLength(text) <= MAX_TEXT_BYTES;
    check(isRight, "socket (the proxy's user or password)", "(not shown)", `${MAX_TEXT_BYTES} bytes or less`);
  }
  return (target, { signal }) =>
    throughProxy(proxyUrl, { tls: undefined, signal }, async (proxy) => {
      await agreeOnLogIn(proxy, proxyUrl);
      await requestConnection(proxy, target);
    });
}

async function agreeOnLogIn(proxy: ProxySocket, { user, password }: ProxyUrl): Promise<void> {
  const methods = user === "" ? [NO_LOGIN] : [NO_LOGIN, BY_PASSWORD];
  proxy.write(Buffer.from([VERSION, methods.length, ...methods]));
  const [version, chosen = 0xff] = await proxy.read(MAX_ANSWER_BYTES, () => 2);
  if (version !== VERSION) throw oddProxy(proxy.name, "does not speak SOCKS5");
  if (!methods.includes(chosen)) {
    const wants = user === "" ? "a log-in" : "another log-in than by password";
    throw new ProxyError(`the proxy ${proxy.name} wants ${wants}`, "Give user and password in the proxy's URL");
  }
  if (chosen !== BY_PASSWORD) return;
  proxy.write(Buffer.concat([Buffer.from([AUTH_VERSION]), withLength(user), withLength(password)]));
  const [, status] = await proxy.read(MAX_ANSWER_BYTES, () => 2);
  if (status === 0) return;
  throw new ProxyError(`the proxy ${proxy.name} refused the log-in`, "Check user and password in the proxy's URL");
}

async function requestConnection(proxy: ProxySocket, { host, port }: SocketTarget): Promise<void> {
  const portBytes = Buffer.from([port >> 8, port & 0xff]);
  proxy.write(Buffer.concat([Buffer.from([VERSION, CONNECT, 0]), addressOf(host), portBytes]));
  const [version, reply = 1] = await proxy.read(MAX_ANSWER_BYTES, answerLength);
  if (version !== VERSION) throw oddProxy(proxy.name, "does not speak SOCKS5");
  if (reply === 0) return;
  const what = REPLIES[reply] ?? `answered with the unknown code ${reply}`;
  throw new ProxyError(`the proxy ${proxy.name} ${what}`, "Check host and port, and what the proxy allows");
}

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** Kind and address: four bytes for IPv4, sixteen for IPv6, else the name with its length. */
function addressOf(host: string): Buffer {
  switch (isIP(host)) {
    case 4:
      return Buffer.from([1, ...host.split(".").map(Number)]);
    case 6:
      return Buffer.from([4, ...ipv6Bytes(host)]);
    default:
      return Buffer.concat([Buffer.from([3]), withLength(host)]);
  }
}

function ipv6Bytes(host: string): number[] {
  // The URL parser writes an embedded IPv4 address as two groups; a zone means nothing to the proxy.
  const plain = new URL(`http://[${host.replace(/%.*$/, "")}]`).hostname.slice(1, -1);
  const [head = "", tail] = plain.split("::");
  const groups = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = groups(tail ?? "");
  const middle: number[] = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...middle, ...after].flatMap((group) => [group >> 8, group & 0xff]);
}

/** How long the answer to CONNECT is: it ends with an address and a port, which tell nothing. */
function answerLength(bytes: Buffer): number | undefined {
  // An answer that is not SOCKS, or a refusal, need not be whole.
  if (bytes.length >= 2 && (bytes[0] !== VERSION || bytes[1] !== 0)) return 2;
  const kind = bytes[3];
  if (kind === undefined) return undefined;
  if (kind === 1) return 4 + 4 + 2;
  if (kind === 4) return 4 + 16 + 2;
  const length = bytes[4];
  return length === undefined ? undefined : 4 + 1 + length + 2;
}
