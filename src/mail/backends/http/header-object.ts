/** Headers as an object, for APIs that take them so. */
import type { Endpoint } from "./endpoint.ts";
import { unsupported } from "./fault.ts";

/**
 * One property for each header.
 *
 * @throws DeliveryError for a header that stands there twice: an object would silently keep one of the two
 */
export function headerObject(
  endpoint: Endpoint,
  headers: readonly (readonly [name: string, value: string])[],
): Record<string, string> {
  const seen = new Set<string>();
  for (const [name] of headers) {
    if (seen.has(name.toLowerCase())) {
      throw unsupported(
        endpoint,
        `its API takes one header of a name, and ${name} stands there twice`,
        "Keep one of them.",
      );
    }
    seen.add(name.toLowerCase());
  }
  return Object.fromEntries(headers);
}
