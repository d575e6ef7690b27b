/** Refuses requests for names that are not ours: the console has no log-in, so its address is what protects it. */
import type { MiddlewareHandler } from "hono";

/** @param allowedHosts Names with or without a port; a name without one stands for every port. */
export function hostGuard(allowedHosts: readonly string[]): MiddlewareHandler {
  const allowed = new Set(allowedHosts.map(canonicalHost));
  return async (c, next) => {
    const asked = canonicalHost(c.req.header("host") ?? new URL(c.req.url).host);
    if (allowed.has(asked) || allowed.has(asked.replace(/:\d+$/, ""))) return next();
    return c.text(
      `This page answers only at ${allowedHosts.join(", ")}; it was asked for as ${JSON.stringify(asked)}.\n` +
        "Open it under one of those names, or make this one the site's address (siteUrl, SITE_URL).\n",
      403,
      { "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store" },
    );
  };
}

/** Lower case; a bare IPv6 address in the brackets that a Host header has. */
function canonicalHost(host: string): string {
  const lower = host.trim().toLowerCase();
  return /^[\da-f]*:[\da-f:]*:[\da-f.]*$/.test(lower) ? `[${lower}]` : lower;
}
