/** JSON text read without loss: integers that a JavaScript number cannot hold become bigints. */
import { randomUUID } from "node:crypto";

/** Anything that JSON can say. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Sixteen digits in a row: the shortest integer that may be unsafe (2^53 has as many). */
const LONG_NUMBER = /\d{16}/;

/** The strings of a JSON text, which are passed over, and its integers (a number with fraction or exponent has its own ending). */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** Stands before the digits of a bigint, in a string no payload can guess. */
const mark = `bigint:${randomUUID()}:`;

function markBigIntegers(text: string): string {
  return text.replaceAll(STRING_OR_NUMBER, (part) =>
    /^-?\d+$/.test(part) && !Number.isSafeInteger(Number(part)) ? `"${mark}${part}"` : part,
  );
}

function unmark(_key: string, value: JsonValue): JsonValue {
  return typeof value === "string" && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value;
}

/**
 * The value of a JSON text. `1.0` is read as 1, as JavaScript has no other; Python's `NaN` and `Infinity` are not JSON.
 *
 * @throws SyntaxError for text that is not JSON, RangeError for one nested too deeply.
 */
export function readJson(text: string): JsonValue {
  const value = JSON.parse(text) as JsonValue;
  if (!LONG_NUMBER.test(text)) return value;
  return JSON.parse(markBigIntegers(text), unmark) as JsonValue;
}
