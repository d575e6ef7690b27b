/** Reading a posted form. */
import type { Context } from "hono";

/** The fields of a posted form; of any other kind of body, none. May be called more than once. */
export async function readForm(c: Context): Promise<URLSearchParams> {
  return new URLSearchParams(mediaType(c) === "application/x-www-form-urlencoded" ? await c.req.text() : "");
}

/** Whether the body is what a one-click unsubscription posts (RFC 8058, section 3.1), in either kind of form. */
export async function isOneClick(c: Context): Promise<boolean> {
  const form = mediaType(c) === "multipart/form-data" ? await readMultipart(c) : await readForm(c);
  return form?.get("List-Unsubscribe") === "One-Click";
}

/** Undefined for what only says that it is a form. */
async function readMultipart(c: Context): Promise<FormData | undefined> {
  return c.req.formData().catch(() => undefined);
}

function mediaType(c: Context): string {
  return (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}
