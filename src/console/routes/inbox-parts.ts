/** The parts of a mail by themselves: its HTML for the preview frame, its source, its attachments. */
import { Hono } from "hono";
import { attachmentResponse } from "../attachment.ts";
import type { Desk } from "../desk.ts";
import { MAIL_HTML_HEADERS, previewHtml } from "../mail-html.ts";
import { paths } from "../paths.ts";

export function inboxPartRoutes({ inbox }: Desk): Hono {
  const routes = new Hono();

  routes.get(`${paths.inbox}/:id/html`, async (c) => {
    const mail = await inbox.get(c.req.param("id"));
    if (mail === undefined || mail.html === "") return c.notFound();
    return c.html(previewHtml(mail), 200, MAIL_HTML_HEADERS);
  });

  routes.get(`${paths.inbox}/:id/source`, async (c) => {
    const mail = await inbox.get(c.req.param("id"));
    if (mail === undefined) return c.notFound();
    return c.body(new Uint8Array(mail.raw), 200, {
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Security-Policy": "sandbox; default-src 'none'",
      "X-Content-Type-Options": "nosniff",
      "Cache-Control": "no-store",
    });
  });

  routes.get(`${paths.inbox}/:id/attachments/:index{\\d{1,6}}`, async (c) => {
    const mail = await inbox.get(c.req.param("id"));
    const attachment = mail?.attachments[Number(c.req.param("index"))];
    return attachment === undefined ? c.notFound() : attachmentResponse(attachment);
  });

  return routes;
}
