/** A visitor without a browser: follows redirects, keeps cookies, fills in forms. For pages of ours, not for HTML at large. */

export interface Page {
  status: number;
  url: string;
  html: string;
}

export interface Visitor {
  open(url: string): Promise<Page>;
  /** Sends the page's form, its hidden fields with it. `action` chooses among several by the end of their address. */
  submit(page: Page, fields: Readonly<Record<string, string>>, action?: string): Promise<Page>;
}

const MAX_REDIRECTS = 5;

export function createVisitor(headers: Readonly<Record<string, string>> = {}): Visitor {
  const cookies = new Map<string, string>();

  async function request(url: string, body?: URLSearchParams, redirects = 0): Promise<Page> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      redirect: "manual",
      headers: { ...headers, cookie, ...(body !== undefined && { origin: new URL(url).origin }) },
      ...(body !== undefined && { body }),
    });
    for (const line of response.headers.getSetCookie()) keep(cookies, line);
    const location = response.headers.get("location");
    const html = await response.text();
    if (location === null) return { status: response.status, url, html };
    if (redirects >= MAX_REDIRECTS) throw new Error(`${url} redirects in a circle`);
    return request(new URL(location, url).href, undefined, redirects + 1);
  }

  return {
    open: (url) => request(url),
    submit: (page, fields, action) => {
      const form = findForm(page, action);
      return request(
        new URL(form.action || page.url, page.url).href,
        new URLSearchParams({ ...form.hidden, ...fields }),
      );
    },
  };
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = "", ...attributes] = line.split(";");
  const name = pair.slice(0, pair.indexOf("=")).trim();
  const ended = attributes.some((attribute) => /^\s*max-age\s*=\s*0\s*$/i.test(attribute));
  if (ended) cookies.delete(name);
  else cookies.set(name, pair.slice(pair.indexOf("=") + 1));
}

function findForm(page: Page, action: string | undefined): { action: string; hidden: Record<string, string> } {
  const forms = [...page.html.matchAll(/<form\b[^>]*>.*?<\/form>/gs)]
    .map(([form]) => form)
    .filter((form) => /method="post"/i.test(form));
  const form = forms.find((candidate) => action === undefined || attributeOf(candidate, "action").endsWith(action));
  if (form === undefined)
    throw new Error(
      `${page.url} (status ${page.status}) has no form${action === undefined ? "" : ` that ends in ${action}`}`,
    );
  const inputs = [...form.matchAll(/<input\b[^>]*>/g)]
    .map(([input]) => input)
    .filter((input) => attributeOf(input, "type") === "hidden");
  return {
    action: attributeOf(form, "action"),
    hidden: Object.fromEntries(inputs.map((input) => [attributeOf(input, "name"), attributeOf(input, "value")])),
  };
}

/** The value of the first such attribute in a piece of HTML, with the five escapes that our pages write. */
function attributeOf(html: string, name: string): string {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(html)?.[1] ?? "";
  return value
    .replace(/&quot;|&#34;/g, '"')
    .replace(/&#0?39;/g, "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
