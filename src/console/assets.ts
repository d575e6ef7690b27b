/** The static files of the console: its style sheet and its one small script. */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import { liveInboxScript } from "./live-inbox-script.ts";
import { paths } from "./paths.ts";
import { style } from "./style.ts";

/** The style sheet's address holds its hash; the script's is fixed, and the browser asks again each time. */
export const styleHref: string = `${paths.assets}style.${createHash("sha256").update(style).digest("base64url").slice(0, 12)}.css`;
export const scriptHref: string = `${paths.assets}inbox.js`;

export function assetRoutes(): Hono {
  const common = { "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin" };
  return new Hono()
    .get(styleHref, (c) =>
      c.body(style, 200, {
        ...common,
        "Content-Type": "text/css; charset=utf-8",
        "Cache-Control": "public, max-age=31536000, immutable",
      }),
    )
    .get(scriptHref, (c) =>
      c.body(liveInboxScript, 200, {
        ...common,
        "Content-Type": "text/javascript; charset=utf-8",
        "Cache-Control": "no-cache",
      }),
    );
}
