/** Reads fields of JSON that somebody else wrote. */

/** The value at a path; undefined where something on the way is missing. */
export function at(json: unknown, ...path: readonly (string | number)[]): unknown {
  let value = json;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** The text or number at a path, as text; empty where there is neither. */
export function textAt(json: unknown, ...path: readonly (string | number)[]): string {
  const value = at(json, ...path);
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
