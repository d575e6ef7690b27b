/** What the usual faults of settings and networks are about, and how a Chinese reader is told; in English the fault itself says it. */
import type { SmtpDiagnosis, SmtpSubject } from "./rule.ts";

/** A fault whose cause is known. */
export type FaultKind =
  | "port-closed"
  | "connection-reset"
  | "host-not-found"
  | "dns-unavailable"
  | "no-answer"
  | "host-unreachable"
  | "wrong-local-address"
  | "no-unix-socket"
  | "unix-socket-forbidden"
  | "certificate-self-signed"
  | "certificate-unknown-authority"
  | "certificate-expired"
  | "certificate-not-yet-valid"
  | "certificate-wrong-name"
  | "certificate-not-pinned"
  | "tls-to-plain-port"
  | "plain-to-tls-port"
  | "old-tls"
  | "not-a-mail-server"
  | "mail-reading-server"
  | "no-greeting";

interface Kind {
  readonly about: SmtpSubject;
  /** In Chinese. */
  readonly meaning: string;
  readonly advice: string;
}

const kinds: Readonly<Record<FaultKind, Kind>> = {
  "port-closed": {
    about: "settings",
    meaning: "该地址的端口上没有服务。",
    advice: "请检查端口，并确认服务器正在运行。",
  },
  "connection-reset": {
    about: "network",
    meaning: "连接刚建立就被中断。",
    advice: "请检查端口，以及中间是否有防火墙。",
  },
  "host-not-found": { about: "settings", meaning: "主机名不存在。", advice: "请检查 host 的拼写。" },
  "dns-unavailable": { about: "network", meaning: "暂时无法解析主机名。", advice: "请检查本机的网络和 DNS。" },
  "no-answer": {
    about: "network",
    meaning: "对方没有应答。",
    advice: "请检查防火墙是否封禁了该端口；许多云服务器封禁 25 端口，请改用 465。",
  },
  "host-unreachable": { about: "network", meaning: "无法到达该主机。", advice: "请检查本机的网络。" },
  "wrong-local-address": {
    about: "settings",
    meaning: "localAddress 不是本机的地址。",
    advice: "请改为本机已有的地址。",
  },
  "no-unix-socket": {
    about: "settings",
    meaning: "没有这个 unix socket。",
    advice: "请检查 socketPath，并确认服务器正在运行。",
  },
  "unix-socket-forbidden": {
    about: "settings",
    meaning: "当前用户无权连接该 unix socket。",
    advice: "请授予读写权限。",
  },
  "certificate-self-signed": {
    about: "server",
    meaning: "服务器的证书是自签名的。",
    advice: "若是自己的证书，请把它设为 tls.ca；否则请让服务器改用公共机构签发的证书。",
  },
  "certificate-unknown-authority": {
    about: "server",
    meaning: "证书的签发机构不受信任，或服务器缺少中间证书。",
    advice: "若信任该机构，请把它的证书设为 tls.ca。",
  },
  "certificate-expired": {
    about: "server",
    meaning: "服务器的证书已过期。",
    advice: "请联系服务器管理员更新证书，并检查本机的时间。",
  },
  "certificate-not-yet-valid": { about: "settings", meaning: "证书尚未生效。", advice: "请检查本机的时间。" },
  "certificate-wrong-name": {
    about: "settings",
    meaning: "证书与 host 的名称不符。",
    advice: "请把 host 设为证书上的名称；若 host 无误而连接到别处，请设置 tls.servername。",
  },
  "certificate-not-pinned": {
    about: "server",
    meaning: "证书不是 tls.fingerprint 所列的那一张。",
    advice: "请通过其他途径向管理员确认证书是否更换，再加入新的指纹。",
  },
  "tls-to-plain-port": {
    about: "settings",
    meaning: "该端口一开始使用明文，而不是 TLS。",
    advice: '若是 587 或 25 端口，请把 security 设为 "starttls"；否则请检查主机和端口。',
  },
  "plain-to-tls-port": {
    about: "settings",
    meaning: "该端口从第一个字节起就使用 TLS。",
    advice: '请把 security 设为 "tls"。',
  },
  "old-tls": {
    about: "server",
    meaning: "服务器只支持 TLS 1.2 以前的版本。",
    advice: "请管理员启用 TLS 1.2 或 1.3，或换一台服务器。",
  },
  "not-a-mail-server": {
    about: "settings",
    meaning: "该端口上不是邮件服务器。",
    advice: "请把端口改为发信端口 465 或 587。",
  },
  "mail-reading-server": {
    about: "settings",
    meaning: "这是收信（IMAP、POP3）服务器。",
    advice: "请把主机和端口改为服务商的 SMTP 服务器，端口 465 或 587。",
  },
  "no-greeting": {
    about: "network",
    meaning: "服务器连上后没有问候。",
    advice: '若该端口从一开始就要求 TLS（如 465），请把 security 设为 "tls"；否则请稍后再试。',
  },
};

/** @param english What the fault says of itself, in whole sentences. */
export function diagnosisOfKind(id: FaultKind, english: { meaning: string; advice: string }): SmtpDiagnosis {
  const { about, meaning, advice } = kinds[id];
  return { id, about, meaning: { en: english.meaning, zh: meaning }, advice: { en: english.advice, zh: advice } };
}
