/** Reading a posted form. */
import type { Context } from "hono";

/** The fields of a posted form; of any other kind of body, none. May be called more than once. */
export async function readForm(c: Context): Promise<URLSearchParams> {
  const type = (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  return new URLSearchParams(type === "application/x-www-form-urlencoded" ? await c.req.text() : "");
}
