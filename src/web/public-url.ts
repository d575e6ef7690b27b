/** The public address of a site, checked. */
import { WebError } from "./errors.ts";

/** @throws WebError `WX_WEB_OPTIONS` for what is no http(s) URL; `owner` is the function it was given to */
export function publicUrl(owner: string, siteUrl: string): URL {
  const url = URL.canParse(siteUrl) ? new URL(siteUrl) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new WebError(
    "WX_WEB_OPTIONS",
    `${owner}: siteUrl is ${JSON.stringify(siteUrl)}; it must be the site's public address, such as "https://example.com"`,
  );
}
