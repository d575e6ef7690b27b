/** A message with something in every field that a provider's API may have, written by hand. */

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const word = (text: string): string => `=?utf-8?B?${base64(text)}?=`;

export const HTML = '<p>欢迎 <img src="cid:logo@example.com" alt="logo">';
export const LOGO: Buffer = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 255]);
export const REPORT: Buffer = Buffer.from("%PDF-1.7\r\n%\u00e2\r\n", "latin1");

const HEAD = [
  `From: ${word("天天生鲜")} <shop@example.com>`,
  `To: "Doe, Ann" <ann@example.com>, bob@EXAMPLE.com`,
  `Cc: ${word("麦克")} <mike@xn--fsqu00a.cn>`,
  "Reply-To: Help <help@example.com>",
  `Subject: ${word("欢迎信息")}`,
  "Date: Fri, 02 Jan 2026 03:04:05 +0000",
  "Message-ID: <7f0c@example.com>",
  "List-Unsubscribe: <https://example.com/off>",
  `X-Tag: ${word("标签")}`,
  "MIME-Version: 1.0",
];

const text = ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "", base64("你好\r\n")];
const html = ["Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: base64", "", base64(HTML)];
const logo = [
  "Content-Type: image/png",
  "Content-Disposition: inline; filename=logo.png",
  "Content-ID: <logo@example.com>",
  "Content-Transfer-Encoding: base64",
  "",
  LOGO.toString("base64"),
];
const report = [
  "Content-Type: application/pdf",
  `Content-Disposition: attachment; filename*=utf-8''${encodeURIComponent("报告.pdf")}`,
  "Content-Transfer-Encoding: base64",
  "",
  REPORT.toString("base64"),
];

function multipart(kind: string, boundary: string, parts: readonly (readonly string[])[]): string[] {
  const body = parts.flatMap((part) => [`--${boundary}`, ...part]);
  return [`Content-Type: multipart/${kind}; boundary=${boundary}`, "", ...body, `--${boundary}--`];
}

const bytesOf = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join("\r\n")}\r\n`);

/** Text and HTML with an inline image, a file, two in To, one in Cc; hidden recipients stand in the envelope only. */
export const RICH: Buffer = bytesOf([
  ...HEAD,
  ...multipart("mixed", "m", [multipart("alternative", "a", [text, multipart("related", "r", [html, logo])]), report]),
]);

export const RICH_ENVELOPE: { from: string; to: string[]; tags: string[]; metadata: Record<string, string> } = {
  from: "shop@example.com",
  to: ["ann@example.com", "bob@example.com", "mike@xn--fsqu00a.cn", "hidden@example.com"],
  tags: ["welcome"],
  metadata: { user: "7" },
};

/** Nothing but text, to one. */
export const PLAIN: Buffer = bytesOf([
  "From: shop@example.com",
  "To: ann@example.com",
  "Subject: Hello",
  "Message-ID: <1@example.com>",
  "Content-Type: text/plain; charset=utf-8",
  "",
  "World",
]);

export const PLAIN_ENVELOPE: { from: string; to: string[] } = { from: "shop@example.com", to: ["ann@example.com"] };

/** Text, and the same as AMP for mail. */
export const AMP: Buffer = bytesOf([
  ...HEAD,
  ...multipart("alternative", "a", [text, ["Content-Type: text/x-amp-html", "", "<html amp4email>"], html]),
]);
