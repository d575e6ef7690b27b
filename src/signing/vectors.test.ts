/**
 * Tokens that Python's itsdangerous made and what it said of them, against `waxseal/signing`.
 *
 * How Python's outcomes are compared where JavaScript has no such thing:
 * - `1.0` and `1` are one number; an integer beyond 2^53 is a bigint.
 * - `None` is null as a value, undefined as "there is nothing".
 * - An exception that itsdangerous lets slip (`library_bug_or_usage_error`) is one of the tree's errors here.
 * - Texts of errors are Waxseal's own: Python's quote the signature.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as signing from "./index.ts";
import { readJson } from "./json-reader.ts";
import { deriveKey, type KeyDerivation } from "./key-derivation.ts";

type Bytes = string | { hex: string };
type Observed =
  | { json: string }
  | { none: true }
  | { bool: boolean }
  | { bytes_utf8: string }
  | { datetime_utc: string }
  | { tuple: [Observed, Observed] };
interface ObservedError {
  mro: string[];
  payload?: Observed;
  date_signed?: Observed;
  header?: Observed;
  original_error?: string | null;
}
interface Vector {
  id: string;
  name: string;
  kind: "produce" | "consume";
  class: string;
  op: string;
  ctor: { [option: string]: unknown; secret_key: Bytes | Bytes[] };
  args?: { salt?: Bytes; header_fields?: Record<string, unknown>; return_header?: boolean };
  payload_json?: string;
  token?: string;
  now?: number;
  library_bug_or_usage_error?: boolean;
  expect: { token?: string; key_hex?: string; value?: Observed; error?: ObservedError };
}

const file = new URL("../../test/vectors/itsdangerous.json", import.meta.url);
const vectors = (JSON.parse(readFileSync(file, "utf8")) as { vectors: Vector[] }).vectors;
const CLASSES = ["JSONWebSignatureSerializer", "TimedJSONWebSignatureSerializer"] as const;
const ours = vectors.filter((vector) => CLASSES.some((name) => name === vector.class));

const bytes = (value: Bytes): string | Uint8Array =>
  typeof value === "string" ? value : Buffer.from(value.hex, "hex");

/** The vector's serializer: Python's keyword names turned into ours. */
function serializerOf(vector: Vector, lenient: boolean): signing.JSONWebSignatureSerializer {
  const { secret_key, salt, algorithm_name, expires_in } = vector.ctor;
  const key = Array.isArray(secret_key) ? secret_key.map(bytes) : bytes(secret_key);
  const options: signing.JSONWebSignatureSerializerOptions = {
    lenient,
    ...(salt === undefined ? {} : { salt: bytes(salt as Bytes) }),
    ...(algorithm_name === undefined ? {} : { algorithmName: algorithm_name as signing.AlgorithmName }),
  };
  if (vector.class === "JSONWebSignatureSerializer") return new signing.JSONWebSignatureSerializer(key, options);
  const timed = expires_in === undefined ? {} : { expiresIn: expires_in as number };
  return new signing.TimedJSONWebSignatureSerializer(key, { ...options, ...timed, now: () => vector.now ?? NaN });
}

/** What Python observed, as a JavaScript value. */
function valueOf(observed: Observed | undefined, none: null | undefined): unknown {
  if (observed === undefined) return undefined;
  if ("json" in observed) return readJson(observed.json);
  if ("tuple" in observed) return observed.tuple.map((item) => valueOf(item, none));
  if ("bool" in observed) return observed.bool;
  if ("bytes_utf8" in observed) return observed.bytes_utf8;
  if ("datetime_utc" in observed) return new Date(observed.datetime_utc);
  if ("none" in observed) return none;
  throw new Error(`no rule for ${JSON.stringify(observed)}`);
}

function run(vector: Vector, lenient: boolean): unknown {
  const { salt, return_header } = vector.args ?? {};
  const options = salt === undefined ? {} : { salt: bytes(salt) };
  const serializer = serializerOf(vector, lenient);
  if (vector.op === "loads_unsafe") return serializer.loadsUnsafe(vector.token ?? "", options);
  if (return_header) return serializer.loads(vector.token ?? "", { ...options, returnHeader: true });
  return serializer.loads(vector.token ?? "", options);
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

function expectPythonError(error: unknown, expected: ObservedError): void {
  for (const name of expected.mro.filter((ancestor) => ancestor !== "Exception")) {
    expect(error).toBeInstanceOf(signing[name as "BadData"]);
  }
  expect((error as Error).name).toBe(expected.mro[0]);
  if (expected.payload) expect(error).toHaveProperty("payload", valueOf(expected.payload, undefined));
  if (expected.date_signed) expect(error).toHaveProperty("dateSigned", valueOf(expected.date_signed, undefined));
  if (expected.header) expect(error).toHaveProperty("header", valueOf(expected.header, undefined));
  if (expected.original_error === undefined) return;
  const cause = { BadData: signing.BadData, JSONDecodeError: SyntaxError }[expected.original_error ?? ""];
  if (cause === undefined) expect(error).toHaveProperty("originalError", undefined);
  else expect((error as signing.BadHeader).originalError).toBeInstanceOf(cause);
}

function expectPythonOutcome(vector: Vector, lenient: boolean): void {
  const { error, value } = vector.expect;
  if (vector.library_bug_or_usage_error) {
    expect(thrownBy(() => run(vector, lenient))).toBeInstanceOf(signing.BadData);
  } else if (error) {
    expectPythonError(
      thrownBy(() => run(vector, lenient)),
      error,
    );
  } else {
    expect(run(vector, lenient)).toEqual(valueOf(value, vector.op === "loads_unsafe" ? undefined : null));
  }
}

/** True for a token that our writer would spell otherwise, which only leniency reads. */
const isMisspelt = (vector: Vector): boolean =>
  vector.op !== "loads_unsafe" &&
  (vector.token ?? "").split(".").some((part) => Buffer.from(part, "base64url").toString("base64url") !== part);

test("the file holds as many vectors of the two classes as were recorded", () => {
  expect(ours.filter((vector) => vector.kind === "produce")).toHaveLength(31);
  expect(ours.filter((vector) => vector.kind === "consume")).toHaveLength(81);
});

const produced = ours.filter((vector) => vector.kind === "produce");
const keyless = produced.filter((vector) => vector.ctor.secret_key === "");

test.each(produced.filter((vector) => !keyless.includes(vector)))("$id: writes Python's token ($name)", (vector) => {
  const { salt, header_fields } = vector.args ?? {};
  const token = serializerOf(vector, false).dumps(readJson(vector.payload_json ?? ""), {
    ...(salt === undefined ? {} : { salt: bytes(salt) }),
    ...(header_fields === undefined ? {} : { headerFields: header_fields }),
  });
  expect(token).toBe(vector.expect.token);
});

test.each(keyless)("$id: refuses what Python does ($name)", (vector) => {
  expect(thrownBy(() => serializerOf(vector, false))).toMatchObject({ code: "WX_SIGNING_KEY" });
});

const consumed = ours.filter((vector) => vector.kind === "consume");

test.each(consumed)("$id: lenient, says what Python says ($name)", (vector) => expectPythonOutcome(vector, true));

test.each(consumed.filter((vector) => !isMisspelt(vector)))("$id: strict, says what Python says ($name)", (vector) =>
  expectPythonOutcome(vector, false),
);

test.each(consumed.filter(isMisspelt))("$id: strict, refuses the misspelt token ($name)", (vector) => {
  expect(thrownBy(() => run(vector, false))).toBeInstanceOf(signing.BadData);
});

test.each(vectors.filter((vector) => vector.op === "derive_key"))("$id: derives Python's key ($name)", (vector) => {
  const { secret_key, salt, key_derivation, digest_method } = vector.ctor;
  const key = deriveKey({
    secretKey: Buffer.from(bytes(secret_key as Bytes)),
    salt: Buffer.from(bytes(salt as Bytes)),
    keyDerivation: key_derivation as KeyDerivation,
    digestMethod: digest_method as string,
  });
  expect(key.toString("hex")).toBe(vector.expect.key_hex);
});

describe("vectors of classes that waxseal/signing does not have", () => {
  const others = vectors.filter((vector) => !ours.includes(vector) && vector.op !== "derive_key");
  for (const name of new Set(others.map((vector) => vector.class))) {
    test.skip(`${name}: ${others.filter((vector) => vector.class === name).length} vectors`, () => {});
  }
});
