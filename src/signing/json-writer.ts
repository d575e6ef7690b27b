/** JSON text as Python's `json.dumps` writes it. */
import { SigningUsageError } from "./errors.ts";
import { PythonFloat } from "./python-float.ts";

/** How JSON is written: keyword arguments of Python's `json.dumps`, in camelCase. */
export interface JsonStyle {
  /** True to escape every character outside ASCII. */
  readonly ensureAscii?: boolean;
  /** What stands between two items, and between a name and its value. */
  readonly separators?: readonly [item: string, name: string];
  /** True to sort the names of objects by their code points. */
  readonly sortKeys?: boolean;
  /** True to write NaN and the infinities by their Python names. Default false, unlike Python: they are not JSON. */
  readonly allowNan?: boolean;
}

/** Deeper than any payload, and within what Python's own reader takes (its recursion limit is 1000). */
const MAX_DEPTH = 500;

/** Where a value stands, in the path of an error, is shortened to this many characters. */
const MAX_PATH = 40;

/** Text that is the same within quotation marks. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;

/** A number that Python would hold as a float: shortest digits, exponent form below 1e-4 and from 1e16 on. */
function writeFloat(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 16) return Number.isInteger(value) ? `${value}.0` : String(value);
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

function byCodePoint(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other)); // UTF-8 sorts as its code points do
}

/** Objects that say how they are written, such as Date. */
function hasToJson(value: object): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}

class Writer {
  readonly #style: Required<JsonStyle>;
  /** The names and indexes that lead to where the writer is. */
  readonly #path: (string | number)[] = [];

  constructor(style: Required<JsonStyle>) {
    this.#style = style;
  }

  write(value: unknown): string {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return this.#number(value);
      case "boolean":
      case "bigint":
        return String(value);
      case "object":
        return value === null ? "null" : this.#object(value);
      default:
        return this.#refuse(`is ${typeof value === "undefined" ? "undefined" : `a ${typeof value}`}`);
    }
  }

  #text(text: string): string {
    if (PLAIN_TEXT.test(text)) return `"${text}"`;
    const json = JSON.stringify(text);
    return this.#style.ensureAscii
      ? json.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      : json;
  }

  #number(value: number): string {
    if (!Number.isFinite(value)) return this.#notFinite(value);
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : writeFloat(value);
  }

  #notFinite(value: number): string {
    return this.#style.allowNan ? String(value) : this.#refuse(`is ${value}`);
  }

  #object(value: object): string {
    if (this.#path.length > MAX_DEPTH) this.#refuse(`is nested deeper than ${MAX_DEPTH} levels, or contains itself`);
    if (value instanceof PythonFloat) {
      return Number.isFinite(value.value) ? writeFloat(value.value) : this.#notFinite(value.value);
    }
    if (Array.isArray(value)) return `[${this.#items(value)}]`;
    if (value instanceof Map) return `{${this.#members(this.#ordered(value.keys()), (name) => value.get(name))}}`;
    if (hasToJson(value)) return this.#at("toJSON()", value.toJSON());
    const members = value as Record<string, unknown>;
    return `{${this.#members(this.#ordered(Object.keys(value)), (name) => members[name])}}`;
  }

  #items(items: readonly unknown[]): string {
    let text = "";
    for (let index = 0; index < items.length; index += 1) {
      if (index > 0) text += this.#style.separators[0];
      text += this.#at(index, items[index]);
    }
    return text;
  }

  #members(names: Iterable<unknown>, valueOf: (name: string) => unknown): string {
    const [between, colon] = this.#style.separators;
    let text = "";
    for (const name of names) {
      if (typeof name !== "string") return this.#refuse("has a name that is no string");
      const value = valueOf(name);
      if (value === undefined) continue;
      if (text !== "") text += between;
      text += this.#text(name) + colon + this.#at(name, value);
    }
    return text;
  }

  #ordered(names: Iterable<unknown>): Iterable<unknown> {
    return this.#style.sortKeys ? [...names].toSorted((one, other) => byCodePoint(String(one), String(other))) : names;
  }

  #at(step: string | number, value: unknown): string {
    this.#path.push(step);
    const text = this.write(value);
    this.#path.pop();
    return text;
  }

  #refuse(problem: string): never {
    const path = this.#path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
    const where = `the value${path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}...` : path}`;
    throw new SigningUsageError("WX_SIGNING_VALUE", `${where} ${problem}, which JSON cannot hold`);
  }
}

/** itsdangerous' style in url-safe tokens and JWS. */
const COMPACT: Required<JsonStyle> = { ensureAscii: false, separators: [",", ":"], sortKeys: false, allowNan: false };

/**
 * The JSON text of `value`, compact and not escaped to ASCII where `style` does not say otherwise.
 *
 * A safe integer is written as Python's int (`1`), a bigint too; any other number as Python's float (`0.5`, `1e+16`,
 * `-0.0`), a PythonFloat always so (`1.0`). A Map is an object in the Map's order; a plain object has its integer-like
 * names first, as JavaScript orders them. A lone surrogate is written as an escape, where Python would refuse it.
 * Properties that are undefined are left out.
 *
 * @throws SigningUsageError WX_SIGNING_VALUE for NaN, an infinity, a function, a symbol, or what contains itself.
 */
export function writeJson(value: unknown, style: JsonStyle = COMPACT): string {
  return new Writer(style === COMPACT ? COMPACT : { ...COMPACT, ...style }).write(value);
}
