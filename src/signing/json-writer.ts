/** JSON text as Python's `json.dumps` writes it with compact separators and `ensure_ascii=False`. */
import { SigningUsageError } from "./errors.ts";

/** Deeper than any payload, and within what Python's own reader takes (its recursion limit is 1000). */
const MAX_DEPTH = 500;

function refuse(path: string, problem: string): never {
  throw new SigningUsageError("WX_SIGNING_VALUE", `${path} ${problem}, which JSON cannot hold`);
}

/** A number that Python would hold as a float: shortest digits, exponent form below 1e-4 and from 1e16 on. */
function writeFloat(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 16) return Number.isInteger(value) ? `${value}.0` : String(value);
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

function writeNumber(value: number, path: string): string {
  if (!Number.isFinite(value)) refuse(path, `is ${value}`);
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : writeFloat(value);
}

function writeObject(value: object, path: string, depth: number): string {
  const members: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    members.push(`${JSON.stringify(key)}:${write(member, `${path}.${key}`, depth + 1)}`);
  }
  return `{${members.join(",")}}`;
}

/** Objects that say how they are written, such as Date. */
function hasToJson(value: object): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > MAX_DEPTH) refuse(path.slice(0, 40), `is nested deeper than ${MAX_DEPTH} levels, or contains itself`);
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "boolean":
    case "bigint":
      return String(value);
    case "number":
      return writeNumber(value, path);
    case "object":
      if (hasToJson(value)) return write(value.toJSON(), path, depth + 1);
      if (Array.isArray(value)) {
        return `[${value.map((item, index) => write(item, `${path}[${index}]`, depth + 1)).join(",")}]`;
      }
      return writeObject(value, path, depth);
    default:
      return refuse(path, `is ${typeof value === "undefined" ? "undefined" : `a ${typeof value}`}`);
  }
}

/**
 * The JSON text of `value`.
 *
 * A safe integer is written as Python's int (`1`), a bigint too; any other number as Python's float (`0.5`, `1e+16`,
 * `-0.0`). JavaScript cannot hold `1.0` apart from `1`, and puts integer-like keys of an object first. A lone surrogate
 * is written as an escape, where Python would refuse it. Properties that are undefined are left out.
 *
 * @throws SigningUsageError WX_SIGNING_VALUE for NaN, an infinity, a function, a symbol, or what contains itself.
 */
export function writeJson(value: unknown): string {
  return write(value, "the value", 0);
}
