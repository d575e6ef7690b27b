/** What all our endpoints for what comes back have in common: a body of limited size, and the answers that say no more than needed. */
import { createHash, timingSafeEqual } from "node:crypto";

/** Whether two secrets are equal, in a time that tells nothing about either. */
export function sameSecret(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** The whole body; undefined when it is longer than `limit` bytes. */
export async function readBody(request: Request, limit: number): Promise<Buffer | undefined> {
  if (request.body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** An answer as JSON, which whoever called can put in his log. */
export function answer(status: number, body: object, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { "cache-control": "no-store", ...headers } });
}

/** Bring it again: the delivery it is about has not been written down yet. */
export function later(): Response {
  return answer(503, { error: "The message is still being sent. Bring this again." }, { "retry-after": "60" });
}
