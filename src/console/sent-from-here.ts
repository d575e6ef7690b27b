/** Tells the forms of our own pages from those that a page elsewhere makes a browser send (CSRF). */
import { timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import type { Desk } from "./desk.ts";

/** Whether a request comes from one of our own pages, or from no page at all, by what the browser says of the sender. */
export function isFromHere(c: Context): boolean {
  const fetchSite = c.req.header("sec-fetch-site");
  const origin = c.req.header("origin");
  if (fetchSite !== undefined) return fetchSite === "same-origin" || fetchSite === "none";
  return origin === undefined || origin === new URL(c.req.url).origin;
}

/** A form that comes from one of our own pages, by the sender and by the token; undefined for any other. */
export async function formOf(c: Context, desk: Desk): Promise<URLSearchParams | undefined> {
  if (!isFromHere(c)) return undefined;
  const form = new URLSearchParams(await c.req.text());
  const given = Buffer.from(form.get("token") ?? "");
  const right = Buffer.from(desk.formToken);
  return given.length === right.length && timingSafeEqual(given, right) ? form : undefined;
}
