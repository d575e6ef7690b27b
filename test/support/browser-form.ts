/** The part of a browser that request-level tests need: it keeps cookies, and posts forms with the token of the page. */
import type { Hono } from "hono";

export interface TestBrowser {
  readonly cookies: Map<string, string>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Opens `page` for its token, then posts the fields to `action` (default: the page itself). */
  submit(page: string, fields: Record<string, string>, options?: SubmitOptions): Promise<Response>;
  post(path: string, body: string, headers?: Record<string, string>): Promise<Response>;
}

export interface SubmitOptions {
  action?: string;
  headers?: Record<string, string>;
}

export function testBrowser(app: Hono): TestBrowser {
  const cookies = new Map<string, string>();
  const send = async (path: string, init: { method: string; body?: string; headers: Record<string, string> }) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await app.request(path, { ...init, headers: { cookie, ...init.headers } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
  const browser: TestBrowser = {
    cookies,
    get: (path, headers = {}) => send(path, { method: "GET", headers }),
    post: (path, body, headers = {}) =>
      send(path, {
        method: "POST",
        body,
        headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      }),
    submit: async (page, fields, { action = page, headers = {} } = {}) => {
      const html = await (await browser.get(page, headers)).text();
      const token = /name="csrf_token" value="([^"]+)"/.exec(html)?.[1] ?? "";
      return browser.post(action, new URLSearchParams({ csrf_token: token, ...fields }).toString(), headers);
    },
  };
  return browser;
}
