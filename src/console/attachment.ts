/** An attachment as a download: never shown, run or sniffed by the browser. */
import type { InboxAttachment } from "../inbox/index.ts";

export function attachmentResponse({ filename, content }: InboxAttachment): Response {
  return new Response(new Uint8Array(content), {
    headers: {
      "Content-Type": "application/octet-stream",
      "Content-Disposition": contentDisposition(filename),
      "Content-Security-Policy": "sandbox; default-src 'none'",
      "X-Content-Type-Options": "nosniff",
      "Cache-Control": "no-store",
    },
  });
}

/** RFC 6266: an ASCII name for old readers, the exact one beside it (RFC 8187). */
function contentDisposition(filename: string): string {
  // Through UTF-8 and back: half a surrogate pair cannot be percent-encoded.
  const name = Buffer.from(filename.replace(/[/\\]/g, "_")).toString() || "attachment";
  const ascii = name.replace(/[^\x20-\x7e]|["%]/g, "_");
  const exact = encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${exact}`;
}
