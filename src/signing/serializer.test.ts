import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { BadData, BadPayload, BadSignature, SignatureExpired } from "./errors.ts";
import { losslessJson, type PayloadSerializer } from "./payload-serializer.ts";
import { PythonFloat } from "./python-float.ts";
import { Serializer } from "./serializer.ts";
import { Signer } from "./signer.ts";
import { TimedSerializer } from "./timed-serializer.ts";
import { TimestampSigner } from "./timestamp-signer.ts";
import { URLSafeSerializer, type URLSafeSerializerOptions } from "./url-safe-serializer.ts";
import { URLSafeTimedSerializer } from "./url-safe-timed-serializer.ts";

const KEY = "a key for the tests of signing";
const START = 1_700_000_000;
const serializer = new URLSafeSerializer(KEY);

/** A good signature over any payload. */
const forge = (payload: string): string => new Signer(KEY, { salt: "itsdangerous" }).sign(payload);

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("Serializer signs readable JSON, blanks and escapes as in Python", () => {
  expect(new Serializer(KEY).dumps({ a: [1, "激活"], b: null })).toMatch(
    /^\{"a": \[1, "\\u6fc0\\u6d3b"\], "b": null\}\.[\w-]{27}$/,
  );
});

test("serializerKwargs are json.dumps' keyword arguments", () => {
  const dumps = (serializerKwargs: object): string => new Serializer(KEY, { serializerKwargs }).dumps({ b: "é", a: 1 });
  expect(dumps({ separators: [",", ":"] })).toMatch(/^\{"b":"\\u00e9","a":1\}/);
  expect(dumps({ ensureAscii: false, sortKeys: true })).toMatch(/^\{"a": 1, "b": "é"\}/);
  expect(() => dumps({ sort_keys: true })).toThrow("Did you mean sortKeys?");
  expect(() => dumps({ separators: "," })).toThrow("separators are two texts");
  const allowNan = { serializerKwargs: { allowNan: true } };
  expect(new Serializer(KEY, allowNan).dumps([NaN, -Infinity])).toMatch(/^\[NaN, -Infinity\]\./);
});

test("a salt of the call replaces the serializer's, and many salts are many keys", () => {
  const token = serializer.dumps(1, { salt: "activate" });
  expect(serializer.loads(token, { salt: "activate" })).toBe(1);
  expect(serializer.loads(token, { salt: Buffer.from("activate") })).toBe(1);
  expect(() => serializer.loads(token)).toThrow(BadSignature);
  const tokens = Array.from({ length: 40 }, (_, index) => serializer.dumps(index, { salt: `salt ${index}` }));
  expect(new Set(tokens.map((one) => one.split(".")[1])).size).toBe(40);
  expect(tokens.map((one, index) => serializer.loads(one, { salt: `salt ${index}` }))).toEqual([...tokens.keys()]);
});

describe("fallback signers", () => {
  const old = new URLSafeSerializer(KEY, { signerKwargs: { digestMethod: "sha1" } }).dumps(1);
  const signerKwargs = { digestMethod: "sha512" };

  test.each([
    ["options", [{ digestMethod: "sha1" }]],
    ["a class and options", [[Signer, { digestMethod: "sha1" }] as const]],
    ["several", [{ digestMethod: "sha256" }, { digestMethod: "sha1" }]],
  ])("%s read what the first one refuses", (_name, fallbackSigners) => {
    const reader = new URLSafeSerializer(KEY, { signerKwargs, fallbackSigners });
    expect(reader.loads(old)).toBe(1);
    expect(reader.loads(reader.dumps(2))).toBe(2);
    expect(new URLSafeSerializer(KEY, { signerKwargs }).loads(reader.dumps(2))).toBe(2);
    expect(new URLSafeSerializer(["an old key", KEY], { signerKwargs, fallbackSigners }).loads(old)).toBe(1);
  });

  test("a class alone takes the first one's options", () => {
    expect(() => new URLSafeSerializer(KEY, { signerKwargs, fallbackSigners: [Signer] }).loads(old)).toThrow(
      BadSignature,
    );
  });

  test("an expired token is refused at once, with its age", () => {
    const at = (seconds: number): TimedSerializer =>
      new TimedSerializer(KEY, { signerKwargs, fallbackSigners: [{ digestMethod: "sha1" }], now: () => seconds });
    expect(() => at(START + 61).loads(at(START).dumps(1), { maxAge: 60 })).toThrow(SignatureExpired);
  });
});

test("a signer of one's own signs", () => {
  const Class = class extends Signer {
    override sign(value: string | Uint8Array): string {
      return super.sign(value).toUpperCase();
    }
  };
  expect(new Serializer(KEY, { signer: Class }).dumps("a")).toMatch(/^"A"\.[A-Z0-9_-]+$/);
});

test("timed serializers give the time, and check the age", () => {
  const at = (seconds: number): URLSafeTimedSerializer => new URLSafeTimedSerializer(KEY, { now: () => seconds });
  const token = at(START).dumps({ user: 42 });
  expect(at(START).loads(token, { returnTimestamp: true })).toEqual([{ user: 42 }, new Date(START * 1000)]);
  expect(at(START + 60).loads(token, { maxAge: 60 })).toEqual({ user: 42 });
  const error = thrownBy(() => at(START + 61).loads(token, { maxAge: 60 }));
  expect(error).toMatchObject({
    name: "SignatureExpired",
    dateSigned: new Date(START * 1000),
    payload: "eyJ1c2VyIjo0Mn0",
  });
  expect(at(START + 61).loadsUnsafe(token, { maxAge: 60 })).toEqual([false, { user: 42 }]);
  expect(at(START + 61).loadsUnsafe(token)).toEqual([true, { user: 42 }]);
  expect(() => at(START).loads(token, { max_age: 60 } as object)).toThrow("Did you mean maxAge?");
});

test("loadsUnsafe shows what was changed, and raises only for a signed payload that is unreadable", () => {
  const token = new URLSafeSerializer("another key for the tests").dumps({ user: 42 });
  expect(serializer.loadsUnsafe(token)).toEqual([false, { user: 42 }]);
  expect(serializer.loadsUnsafe("!.x")).toEqual([false, undefined]);
  expect(serializer.loadsUnsafe("x")).toEqual([false, undefined]);
  expect(() => serializer.loadsUnsafe(forge("!"))).toThrow(BadPayload);
});

test("a payload that cannot be read is a BadPayload that keeps what lies behind", () => {
  const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64url");
  const bad = [
    "",
    "A",
    "e30=",
    ".e30",
    ".",
    base64("nope"),
    base64(Uint8Array.of(0x22, 0xff, 0x22)),
    base64("[".repeat(9999)),
  ];
  const cut = `.${base64(deflateSync("x".repeat(99)).subarray(0, -4))}`;
  const deep = base64(`${"[".repeat(50_000)}1${"]".repeat(50_000)}`);
  for (const payload of [...bad, cut, deep, base64("9".repeat(5000))]) {
    const error = thrownBy(() => serializer.loads(forge(payload)));
    expect(error, payload.slice(0, 20)).toBeInstanceOf(BadPayload);
    expect(error).not.toBeInstanceOf(BadSignature);
    expect((error as BadPayload).originalError).toBeInstanceOf(Error);
    expect((error as BadPayload).cause).toBe((error as BadPayload).originalError);
  }
});

test("neither side goes beyond maxPayloadBytes, compressed or not", () => {
  const small = new URLSafeSerializer(KEY, { maxPayloadBytes: 100 });
  const bomb = forge(`.${deflateSync(JSON.stringify("x".repeat(50_000_000))).toString("base64url")}`);
  for (const token of [bomb, serializer.dumps("x".repeat(99)), serializer.dumps([..."abcdefghijklmnopqrstuvwxyz"])]) {
    const error = thrownBy(() => small.loads(token));
    expect(error).toBeInstanceOf(BadPayload);
    expect((error as Error).message).toBe("the payload is longer than 100 bytes");
  }
  expect(() => serializer.loads(bomb)).toThrow("longer than 1048576 bytes");
  expect(() => small.dumps("x".repeat(99))).toThrow("would have 101 bytes; maxPayloadBytes allows 100");
  expect(small.loads(small.dumps("x".repeat(98)))).toHaveLength(98);
});

test("what losslessJson reads it writes again byte for byte", () => {
  const lossless = new URLSafeSerializer(KEY, { serializer: losslessJson });
  const json = '{"10":1,"9":1.0,"b":[1e+16,-0.0,12345678901234567890,NaN],"__proto__":{"a":null}}';
  const token = forge(Buffer.from(json).toString("base64url"));
  const value = lossless.loads(token);
  expect(value).toEqual(
    new Map<string, unknown>([
      ["10", 1],
      ["9", new PythonFloat(1)],
      ["b", [new PythonFloat(1e16), new PythonFloat(-0), 12345678901234567890n, new PythonFloat(NaN)]],
      ["__proto__", new Map([["a", null]])],
    ]),
  );
  expect(losslessJson.dumps(value, { allowNan: true })).toBe(json);
  expect(Object.keys(serializer.loads(token) as object)).toEqual(["9", "10", "b", "__proto__"]);
});

test("a serializer of one's own decides what loads returns", () => {
  const dates: PayloadSerializer<Date> = { dumps: (value) => String(value), loads: (text) => new Date(text) };
  const date: Date = new Serializer(KEY, { serializer: dates }).loads(
    new Serializer(KEY, { serializer: dates }).dumps("2024"),
  );
  expect(date.getUTCFullYear()).toBe(2024);
});

test("careless spelling is read only where it was asked for", () => {
  const misspelt = `${serializer.dumps({ a: 1 })}=`;
  expect(new URLSafeSerializer(KEY, { lenient: true }).loads(misspelt)).toEqual({ a: 1 });
  expect(() => serializer.loads(misspelt)).toThrow(BadSignature);
});

test("wrong use is named where it stands", () => {
  const make = (options: object) => () => new URLSafeSerializer(KEY, options as URLSafeSerializerOptions);
  expect(make({ signer_kwargs: {} })).toThrow("Did you mean signerKwargs?");
  expect(make({ max_payload_bytes: 1 })).toThrow("Did you mean maxPayloadBytes?");
  expect(make({ signerKwargs: { digest_method: "sha256" } })).toThrow("Did you mean digestMethod?");
  expect(make({ fallbackSigners: [{ digestMethod: "x" }] })).toThrow('digestMethod "x"');
  expect(make({ minKeyBytes: 64 })).toThrow("minKeyBytes asks for 64");
  expect(() => serializer.dumps(1, { salt: 7 as unknown as string })).toThrow("salt must be a string or a Uint8Array");
  expect(() => serializer.dumps({ f: () => {} })).toThrow("the value.f is a function");
  expect(() => new URLSafeTimedSerializer(KEY, { signer: TimestampSigner, max_age: 1 } as object)).toThrow("no option");
});

test("whatever is no string is no token", () => {
  for (const token of [undefined, null, 7, {}, Buffer.from(serializer.dumps(1))]) {
    expect(thrownBy(() => serializer.loads(token as unknown as string))).toBeInstanceOf(BadData);
  }
});
