/**
 * Tokens that Python's itsdangerous made and what it said of them, against `waxseal/signing`.
 *
 * How Python's outcomes are compared where JavaScript has no such thing:
 * - Values are read and written by `losslessJson` where a token is made, so that `1.0` is not `1`; where one is read, an
 *   integer beyond 2^53 is a bigint, and `1.0` and `1` are one number.
 * - `None` is null as a value, undefined as "there is nothing".
 * - Bytes that are not UTF-8 come as one character each, as an HTTP header would hand them on.
 * - An exception that itsdangerous lets slip (`library_bug_or_usage_error`) is one of the tree's errors here, or a
 *   SigningUsageError where the program is at fault.
 * - Texts of errors are Waxseal's own: Python's quote the signature.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as signing from "./index.ts";
import { readJson } from "./json-reader.ts";

type Bytes = string | { hex: string };
type Observed =
  | { json: string }
  | { none: true }
  | { bool: boolean }
  | { bytes_utf8: string }
  | { bytes_hex: string }
  | { datetime_utc: string }
  | { tuple: [Observed, Observed] };
interface ObservedError {
  mro: string[];
  payload?: Observed;
  date_signed?: Observed;
  header?: Observed;
  original_error?: string | null;
}
type ClassName = keyof typeof signing & `${string}${"Signer" | "Serializer"}`;
interface Vector {
  id: string;
  name: string;
  kind: "produce" | "consume";
  class: ClassName;
  op: string;
  ctor: Record<string, unknown>;
  args?: Record<string, unknown>;
  payload_json?: string;
  value?: Bytes;
  token?: Bytes;
  now?: number;
  library_bug_or_usage_error?: boolean;
  expect: { token?: string; key_hex?: string; ok?: true; value?: Observed; error?: ObservedError };
}

/** Any object of ours that a vector speaks of, by the names of its methods. */
type Subject = Record<string, (...args: unknown[]) => unknown>;

const file = new URL("../../test/vectors/itsdangerous.json", import.meta.url);
const vectors = (JSON.parse(readFileSync(file, "utf8")) as { vectors: Vector[] }).vectors;

const camelCase = (name: string): string => name.replaceAll(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());

/** A keyword argument's value: bytes as such, options by their camelCase names, and algorithms as objects. */
function argumentOf(name: string, value: unknown): unknown {
  if (name === "algorithm" && value === "none") return new signing.NoneAlgorithm();
  if (name === "header_fields" || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => argumentOf("", item));
  if ("hex" in value) return Buffer.from(value.hex as string, "hex");
  return optionsOf(value as Record<string, unknown>);
}

/** Python's keyword arguments as our options. */
function optionsOf(kwargs: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(kwargs).map(([name, value]) => [camelCase(name), argumentOf(name, value)]));
}

function subjectOf(vector: Vector, options: { lenient: boolean; serializer?: unknown }): Subject {
  const { secret_key, ...kwargs } = vector.ctor;
  const isOf110 = vector.name.includes("(1.1.0 only)"); // that version had a fallback by default
  const Class = signing[vector.class] as new (...args: unknown[]) => unknown;
  return new Class(argumentOf("secret_key", secret_key), {
    now: () => vector.now ?? Number.NaN,
    ...options,
    ...optionsOf(kwargs),
    ...(isOf110 ? { fallbackSigners: [{ digestMethod: "sha512" }] } : {}),
  }) as Subject;
}

const textOf = (bytes: Bytes = ""): string =>
  typeof bytes === "string" ? bytes : Buffer.from(bytes.hex, "hex").toString("latin1");

/** What Python observed, as a JavaScript value. */
function valueOf(observed: Observed | undefined, none: null | undefined): unknown {
  if (observed === undefined) return undefined;
  if ("json" in observed) return readJson(observed.json);
  if ("tuple" in observed) return observed.tuple.map((item) => valueOf(item, none));
  if ("bool" in observed) return observed.bool;
  if ("bytes_utf8" in observed) return observed.bytes_utf8;
  if ("bytes_hex" in observed) return textOf({ hex: observed.bytes_hex });
  if ("datetime_utc" in observed) return new Date(observed.datetime_utc);
  return none;
}

function dateOf(observed: Observed): unknown {
  const date = valueOf(observed, undefined);
  if (typeof date !== "number") return date; // itsdangerous 1.1 had seconds there
  return date > 253_402_300_799 ? undefined : new Date(date * 1000);
}

function consume(vector: Vector, lenient: boolean): unknown {
  return subjectOf(vector, { lenient })[camelCase(vector.op)]?.(textOf(vector.token), optionsOf(vector.args ?? {}));
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

const CAUSES: Record<string, new (...args: never[]) => unknown> = {
  BadData: signing.BadData,
  JSONDecodeError: SyntaxError,
  error: Error, // zlib's
};

function expectPythonError(error: unknown, expected: ObservedError): void {
  for (const name of expected.mro.filter((ancestor) => ancestor !== "Exception")) {
    expect(error).toBeInstanceOf(signing[name as "BadData"]);
  }
  expect((error as Error).name).toBe(expected.mro[0]);
  if (expected.payload) expect(error).toHaveProperty("payload", valueOf(expected.payload, undefined));
  if (expected.date_signed) expect(error).toHaveProperty("dateSigned", dateOf(expected.date_signed));
  if (expected.header) expect(error).toHaveProperty("header", valueOf(expected.header, undefined));
  if (expected.original_error === undefined) return;
  const cause = CAUSES[expected.original_error ?? ""];
  if (cause === undefined) expect(error).toHaveProperty("originalError", undefined);
  else expect((error as signing.BadHeader).originalError).toBeInstanceOf(cause);
}

function expectPythonOutcome(vector: Vector, lenient: boolean): void {
  const { error, value } = vector.expect;
  if (vector.library_bug_or_usage_error) {
    expect(thrownBy(() => consume(vector, lenient))).toBeInstanceOf(signing.BadData);
  } else if (error) {
    const thrown = thrownBy(() => consume(vector, lenient));
    expectPythonError(thrown, error);
  } else {
    expect(consume(vector, lenient)).toEqual(valueOf(value, vector.op === "loads_unsafe" ? undefined : null));
  }
}

const produced = vectors.filter((vector) => vector.kind === "produce");
const refused = [
  ...produced.filter((vector) => vector.library_bug_or_usage_error),
  ...vectors.filter((vector) => vector.ctor["secret_key"] === ""),
];
/** What itsdangerous 1.1 said otherwise than the later versions, whose answer stands in the vector before. */
const outdated = ["itd-0800"];
const consumed = vectors.filter(
  ({ kind, id, ctor }) => kind === "consume" && ctor["secret_key"] !== "" && !outdated.includes(id),
);

test("the file holds as many vectors as were recorded", () => {
  expect(vectors).toHaveLength(307);
  expect([produced.length, refused.length, consumed.length]).toEqual([116, 8, 189]);
});

test.each(produced.filter((vector) => !refused.includes(vector)))(
  "$id: writes what Python writes ($name)",
  (vector) => {
    const isDumps = vector.op === "dumps";
    const style = vector.class.startsWith("URLSafe") || vector.class.includes("JSON") ? {} : signing.pythonJson;
    const serializer = { ...signing.losslessJson, ...style };
    const subject = subjectOf(vector, { lenient: false, ...(isDumps ? { serializer } : {}) });
    if (vector.expect.ok) return expect(subject).toBeDefined();
    const value = isDumps ? signing.losslessJson.loads(vector.payload_json ?? "") : argumentOf("", vector.value);
    const args = [...(vector.op === "derive_key" ? [] : [value]), ...(isDumps ? [optionsOf(vector.args ?? {})] : [])];
    const written = subject[camelCase(vector.op)]?.(...args);
    expect(Buffer.isBuffer(written) ? written.toString("hex") : written).toBe(
      vector.expect.key_hex ?? vector.expect.token,
    );
  },
);

test.each(refused)("$id: refuses what is used wrongly ($name)", (vector) => {
  expect(thrownBy(() => subjectOf(vector, { lenient: false }))).toBeInstanceOf(signing.SigningUsageError);
});

/** True for a token that our writer would spell otherwise, which only leniency reads. */
function isMisspelt({ token, class: name, op }: Vector): boolean {
  if (op === "loads_unsafe") return false;
  const parts = textOf(token).split(".");
  // The payload of these is no base64, and an empty time is 0.
  const coded = name.startsWith("URLSafe") || name.includes("JSON") ? parts : parts.slice(-1);
  return coded.some((part) => Buffer.from(part, "base64url").toString("base64url") !== part);
}

test.each(consumed)("$id: lenient, says what Python says ($name)", (vector) => expectPythonOutcome(vector, true));

test.each(consumed.filter((vector) => !isMisspelt(vector)))("$id: strict, says what Python says ($name)", (vector) =>
  expectPythonOutcome(vector, false),
);

test.each(consumed.filter(isMisspelt))("$id: strict, refuses the misspelt token ($name)", (vector) => {
  if (vector.op === "validate") expect(consume(vector, false)).toBe(false);
  else expect(thrownBy(() => consume(vector, false))).toBeInstanceOf(signing.BadData);
});
