/** JSON text read without loss of integers: those that a JavaScript number cannot hold become bigints. */
import { type JsonFactory, parseJson, readInteger } from "./json-parser.ts";

/** Anything that JSON can say. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** The shortest text of an integer beyond 2^53, which has sixteen digits. */
const UNSAFE_LENGTH = 16;

/** An integer to Python, which has one zero; JSON.parse makes it a negative zero, which is `-0.0`. */
const MINUS_ZERO = "-0";

/** What Python writes for floats that JSON does not have. */
const PYTHON_NUMBER = /NaN|Infinity/;

const plainValues: JsonFactory = {
  integer: readInteger,
  float: (value) => value,
  object(members) {
    const object: Record<string, unknown> = {};
    for (const [name, value] of members) {
      // An assignment to __proto__ would set the prototype.
      if (name === "__proto__")
        Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
      else object[name] = value;
    }
    return object;
  },
};

/** True where a number may have been an integer that JSON.parse changed. */
function mayBeChanged(value: unknown): boolean {
  // Of more than 308 digits JSON.parse makes Infinity.
  if (typeof value === "number") return Math.abs(value) > Number.MAX_SAFE_INTEGER || Object.is(value, -0);
  if (typeof value !== "object" || value === null) return false;
  for (const name in value) if (mayBeChanged((value as Record<string, unknown>)[name])) return true;
  return false;
}

/**
 * The value of a JSON text, as JSON.parse reads it but for integers beyond 2^53, the integer `-0`, which is 0,
 * and Python's `NaN` and `Infinity`.
 *
 * `1.0` is read as 1, and integer-like names of an object come first in it, as JavaScript has it no other way.
 *
 * @throws SyntaxError for text that is not JSON, RangeError for one nested too deeply.
 */
export function readJson(text: string): JsonValue {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    if (!PYTHON_NUMBER.test(text)) throw error;
    return parseJson(text, plainValues) as JsonValue;
  }
  const isSafe = text.length < UNSAFE_LENGTH && !text.includes(MINUS_ZERO);
  return isSafe || !mayBeChanged(value) ? value : (parseJson(text, plainValues) as JsonValue);
}
