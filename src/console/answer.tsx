/** The console's pages, with the headers that each one carries. */
import type { Context } from "hono";
import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Layout } from "./layout.tsx";
import { MessagePage } from "./pages/message.tsx";
import type { View } from "./view.ts";

const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "Cache-Control": "no-store",
  "X-Robots-Tag": "noindex",
};

export interface PageAnswer {
  title: string;
  body: Child;
  /** Default 200. */
  status?: ContentfulStatusCode;
  /** The address of the script that the page loads. */
  script?: string;
}

export async function answerPage(c: Context, view: View, page: PageAnswer): Promise<Response> {
  const layout = (
    <Layout view={view} title={page.title} script={page.script}>
      {page.body}
    </Layout>
  );
  return c.html(html`<!doctype html>${layout}`, page.status ?? 200, PAGE_HEADERS);
}

/** The answer to a form that none of our pages sent. */
export function answerRefusedForm(c: Context, view: View): Promise<Response> {
  const { title, text } = view.t.refusedForm;
  return answerPage(c, view, { title, body: <MessagePage title={title} text={text} />, status: 403 });
}

export function answerJson(c: Context, value: unknown, status: ContentfulStatusCode = 200): Response {
  return c.body(JSON.stringify(value), status, {
    "Content-Type": "application/json; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
  });
}
