/** Parameters as every database can hold them. */

/**
 * The parameters, with U+FFFD for each U+0000 in a text: Postgres refuses the whole statement for one, and some drivers
 * of SQLite cut the text off there. What a server said must not keep its message from being settled.
 */
export function storable(parameters: readonly unknown[]): readonly unknown[] {
  if (!parameters.some(holdsNul)) return parameters;
  return parameters.map((value) => (holdsNul(value) ? value.replaceAll("\0", "\ufffd") : value));
}

function holdsNul(value: unknown): value is string {
  return typeof value === "string" && value.includes("\0");
}
