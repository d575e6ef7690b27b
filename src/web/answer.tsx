/** The two answers there are: a page, and "see this other page"; every header they carry is set here. */
import type { Context } from "hono";
import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Layout } from "./layout.tsx";
import { holdsToken } from "./paths.ts";
import type { View } from "./view.ts";

/** No script at all, nothing from elsewhere, no frame around us. */
const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "Cache-Control": "no-store",
};

export interface PageAnswer {
  title: string;
  body: Child;
  /** Default 200. */
  status?: ContentfulStatusCode;
}

export async function answerPage(c: Context, view: View, page: PageAnswer): Promise<Response> {
  setHeaders(c);
  const layout = (
    <Layout view={view} title={page.title}>
      {page.body}
    </Layout>
  );
  return c.html(html`<!doctype html>${layout}`, page.status ?? 200);
}

/** Sends the browser to another page of ours, to be fetched with GET (303). */
export function seeOther(c: Context, path: string): Response {
  setHeaders(c);
  return c.redirect(path, 303);
}

/** The headers of every answer; an address that holds a token leaves no trace in referrers or search engines. */
export function setHeaders(c: Context): void {
  for (const [name, value] of Object.entries(PAGE_HEADERS)) c.header(name, value);
  if (!holdsToken(c.req.path)) return;
  c.header("Referrer-Policy", "no-referrer");
  c.header("X-Robots-Tag", "noindex");
}
