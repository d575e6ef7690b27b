/** The frame of every account mail: one column, one button, readable in any client, in light and dark. */
import type { Locale } from "../../base/index.ts";

/** What an account mail says, in plain sentences. */
export interface MailContent {
  subject: string;
  greeting: string;
  paragraphs: readonly string[];
  button: { label: string; url: string };
  /** Said before the link is written out, for a reader whose button does not work. */
  linkHint: string;
  /** Smaller, at the end. */
  footnotes: readonly string[];
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function renderText(content: MailContent, siteName: string): string {
  return [
    content.greeting,
    ...content.paragraphs,
    `${content.button.label}:\n${content.button.url}`,
    ...content.footnotes,
    `-- \n${siteName}`,
  ].join("\n\n");
}

export function renderHtml(content: MailContent, siteName: string, locale: Locale): string {
  const url = escapeHtml(content.button.url);
  const paragraph = (text: string, style: string): string => `<p style="${style}">${escapeHtml(text)}</p>`;
  const body = "margin:0 0 16px;font-size:16px;line-height:1.6;color:#2b2622";
  const small = "margin:0 0 8px;font-size:13px;line-height:1.6;color:#75695f";
  return `<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light">
<title>${escapeHtml(content.subject)}</title>
</head>
<body style="margin:0;padding:0;background:#f4efe9">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f4efe9">
<tr><td align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:520px;background:#ffffff;border-radius:12px;font-family:-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',Roboto,Helvetica,Arial,sans-serif">
<tr><td style="padding:28px 32px 0;font-size:15px;font-weight:700;color:#9f1d20">${escapeHtml(siteName)}</td></tr>
<tr><td style="padding:20px 32px 12px">
${paragraph(content.greeting, `${body};font-size:20px;font-weight:600`)}
${content.paragraphs.map((text) => paragraph(text, body)).join("\n")}
<p style="margin:24px 0"><a href="${url}" style="display:inline-block;padding:13px 26px;border-radius:8px;background:#9f1d20;color:#ffffff;font-size:16px;font-weight:600;text-decoration:none">${escapeHtml(content.button.label)}</a></p>
${paragraph(content.linkHint, small)}
<p style="margin:0 0 20px;font-size:13px;line-height:1.5;word-break:break-all"><a href="${url}" style="color:#9f1d20">${url}</a></p>
</td></tr>
<tr><td style="padding:16px 32px 24px;border-top:1px solid #eee6dd">
${content.footnotes.map((text) => paragraph(text, small)).join("\n")}
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
}
