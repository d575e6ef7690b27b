/** The cookies of the pages: their names and flags, and nothing else of what they hold. */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Site } from "./site.ts";

/** `session` holds the opaque session id; `form` the random half of the form token. */
type CookieKind = "session" | "form";

const names: Record<CookieKind, { plain: string; secure: string }> = {
  session: { plain: "waxseal_session", secure: "__Host-waxseal" },
  form: { plain: "waxseal_csrf", secure: "__Host-waxseal_csrf" },
};

/** The `__Host-` prefix binds a cookie to this host and to https; browsers refuse it elsewhere (RFC 6265bis, section 4.1.3.2). */
function nameOf(site: Site, kind: CookieKind): string {
  return site.secure ? names[kind].secure : names[kind].plain;
}

export function readCookie(c: Context, site: Site, kind: CookieKind): string | undefined {
  return getCookie(c, nameOf(site, kind));
}

/** @param maxAgeSeconds Without it the browser forgets the cookie when it ends. */
export function writeCookie(c: Context, site: Site, kind: CookieKind, value: string, maxAgeSeconds?: number): void {
  const lifetime = maxAgeSeconds === undefined ? {} : { maxAge: maxAgeSeconds };
  setCookie(c, nameOf(site, kind), value, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: site.secure,
    ...lifetime,
  });
}

export function clearCookie(c: Context, site: Site, kind: CookieKind): void {
  deleteCookie(c, nameOf(site, kind), { path: "/", httpOnly: true, sameSite: "Lax", secure: site.secure });
}
