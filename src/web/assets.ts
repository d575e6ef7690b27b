/** The static files of the pages: each at an address that holds its hash, so that a browser may keep it for ever. */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import { paths } from "./paths.ts";
import { sealSvg } from "./seal.ts";
import { style } from "./style.ts";

export interface Asset {
  /** The path it is served at. */
  href: string;
  type: string;
  content: string;
}

/** The files of a site of this name. */
export function siteAssets(siteName: string): { style: Asset; seal: Asset } {
  return {
    style: asset("style", "css", "text/css; charset=utf-8", style),
    seal: asset("seal", "svg", "image/svg+xml", sealSvg(siteName)),
  };
}

function asset(name: string, extension: string, type: string, content: string): Asset {
  const hash = createHash("sha256").update(content).digest("base64url").slice(0, 12);
  return { href: `${paths.assets}${name}.${hash}.${extension}`, type, content };
}

/** The routes that serve them. */
export function assetRoutes(assets: readonly Asset[]): Hono {
  const routes = new Hono();
  for (const { href, type, content } of assets) {
    routes.get(href, (c) =>
      c.body(content, 200, {
        "Content-Type": type,
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Security-Policy": "default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
      }),
    );
  }
  return routes;
}
