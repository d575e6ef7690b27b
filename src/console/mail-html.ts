/** Makes a mail's HTML fit for the preview frame: links open in a new tab, inline images come along. */
import type { InboxMail } from "../inbox/index.ts";

/**
 * What the frame may do, in place of trust in the mail: no script, no forms, nothing from the network; links open
 * ordinary tabs.
 */
export const MAIL_SANDBOX = "allow-popups allow-popups-to-escape-sandbox";

/** The same rules again for a reader who opens the address of the frame by itself. */
export const MAIL_HTML_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": `sandbox ${MAIL_SANDBOX}; default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'`,
  "X-Content-Type-Options": "nosniff",
  "X-DNS-Prefetch-Control": "off",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
};

const DOCTYPE = /^\s*<!doctype[^>]*>/i;
/** `cid:` where an attribute or a CSS url() begins (RFC 2392), up to its end. */
const CID_URL = /(["'(=]\s*)cid:([^"')\s>]+)/gi;
/** How long all inlined images may be together: one image used a thousand times must not fill the memory. */
const INLINED_CHARACTERS = 64 * 1024 * 1024;
const IMAGE_TYPE = /^image\/[a-z\d.+-]+$/i;

export function previewHtml(mail: Pick<InboxMail, "html" | "attachments">): string {
  const doctype = DOCTYPE.exec(mail.html)?.[0] ?? "";
  const document = mail.html.slice(doctype.length);
  return `${doctype}<base target="_blank">${inlineImages(document, mail.attachments)}`;
}

function inlineImages(html: string, attachments: InboxMail["attachments"]): string {
  const urls = new Map<string, string>();
  for (const { contentId, mimeType, content } of attachments) {
    if (contentId === undefined || !IMAGE_TYPE.test(mimeType)) continue;
    urls.set(contentId, `data:${mimeType};base64,${Buffer.from(content).toString("base64")}`);
  }
  let left = INLINED_CHARACTERS;
  return html.replace(CID_URL, (whole, before: string, id: string) => {
    const url = urls.get(decoded(id));
    if (url === undefined || url.length > left) return whole;
    left -= url.length;
    return before + url;
  });
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id; // A stray percent sign: then it stands for itself.
  }
}
