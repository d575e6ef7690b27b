/** Checks a configuration by a table: every key known, every value of its kind. */
import { hintFor } from "../base/index.ts";
import type { ConfigProblem } from "./errors.ts";

/** What is wrong with a value; undefined when nothing is. */
export type Check = (value: unknown) => string | undefined;

/** The keys that an object may have, each with its check or with the keys below it. */
export interface Shape {
  [key: string]: Check | Shape;
}

/** A value as it may be shown: shortened, and without what could be a password in a URL. */
export function show(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value.replace(/\/\/[^@/\s]*@/g, "//***@")) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** One line: what is said here may get into a header or a command. */
export const isText: Check = (value) =>
  typeof value === "string" && /^[^\p{Cc}\u2028\u2029]+$/u.test(value)
    ? undefined
    : `it is ${show(value)}; it must be one line of text that is not empty.`;

export const isBoolean: Check = (value) =>
  typeof value === "boolean" ? undefined : `it is ${show(value)}; it must be true or false.`;

/** A port of another server. */
export const isPort: Check = (value) =>
  isWithin(value, 1, 65_535) ? undefined : `it is ${show(value)}; it must be a port, 1 to 65535.`;

/** A port to listen on. */
export const isOwnPort: Check = (value) =>
  isWithin(value, 0, 65_535) ? undefined : `it is ${show(value)}; it must be a port, 1 to 65535 (0 for any free one).`;

function isWithin(value: unknown, min: number, max: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

export const isSeconds: Check = (value) =>
  typeof value === "number" && value > 0 && value <= 10 ** 9
    ? undefined
    : `it is ${show(value)}; it must be a number of seconds over 0, such as 30.`;

/** The longest time a timer of Node.js can hold. */
const MAX_TIMER_MS = 2_147_483_647;

/** What `isSeconds` lets through, in whole milliseconds that a timer can hold. */
export function timerMs(seconds: number): number {
  return Math.min(MAX_TIMER_MS, Math.max(1, Math.round(seconds * 1000)));
}

export const isCount: Check = (value) =>
  isWithin(value, 1, Number.MAX_SAFE_INTEGER)
    ? undefined
    : `it is ${show(value)}; it must be a whole number from 1 up.`;

export function isOneOf(...known: readonly string[]): Check {
  return (value) =>
    known.includes(value as string) ? undefined : `it is ${show(value)}; it must be one of ${known.join(", ")}.`;
}

/** Every problem of `value` by `shape`; `path` is where it stands. */
export function checkShape(value: unknown, shape: Shape, path: string): ConfigProblem[] {
  if (!isPlainObject(value))
    return [{ setting: path || "the configuration", problem: `it is ${show(value)}; it must be an object.` }];
  return Object.entries(value).flatMap(([key, inner]) => {
    const setting = path === "" ? key : `${path}.${key}`;
    if (inner === undefined) return [];
    const rule = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (rule === undefined)
      return [{ setting, problem: `there is no such option. ${hintFor(key, Object.keys(shape))}` }];
    if (typeof rule !== "function") return checkShape(inner, rule, setting);
    const problem = rule(inner);
    return problem === undefined ? [] : [{ setting, problem }];
  });
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
