import { array, assert, constantFrom, json, oneof, property, string, tuple } from "fast-check";
import { expect, test } from "vitest";
import { type JsonFactory, parseJson, readInteger } from "./json-parser.ts";
import { readJson } from "./json-reader.ts";
import { writeJson } from "./json-writer.ts";
import { PythonFloat } from "./python-float.ts";

test.each([
  [0, "0"],
  [-7, "-7"],
  [-0, "-0.0"],
  [0.1, "0.1"],
  [1.5e-4, "0.00015"],
  [9.99e-5, "9.99e-05"],
  [1e-7, "1e-07"],
  [123456.789, "123456.789"],
  [Number.MAX_SAFE_INTEGER, "9007199254740991"],
  [2 ** 53, "9007199254740992.0"],
  [1e16, "1e+16"],
  [1.2345e21, "1.2345e+21"],
  [Number.MAX_VALUE, "1.7976931348623157e+308"],
  [Number.MIN_VALUE, "5e-324"],
  [2n ** 64n, "18446744073709551616"],
])("%d is written as Python writes it: %s", (number, text) => {
  expect(writeJson(number)).toBe(text);
});

test("text keeps its characters; only what JSON must escape is escaped, as Python escapes it", () => {
  expect(writeJson('激活 🎉 "\\/\b\f\n\r\t\u0000\u001f\u007f\u2028')).toBe(
    '"激活 🎉 \\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u007f\u2028"',
  );
});

test("objects are compact, keep their order, leave out undefined and ask toJSON", () => {
  const value = { b: [1, null, true, {}], a: undefined, "": new Date(0), ["__proto__"]: [] };
  expect(writeJson(value)).toBe('{"b":[1,null,true,{}],"":"1970-01-01T00:00:00.000Z","__proto__":[]}');
});

test("what JSON cannot hold is refused, and the message says where it stands", () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  const refusals: [unknown, string][] = [
    [{ age: NaN }, "the value.age is NaN"],
    [[1, -Infinity], "the value[1] is -Infinity"],
    [undefined, "the value is undefined"],
    [[undefined], "the value[0] is undefined"],
    [{ f: () => {} }, "the value.f is a function"],
    [Symbol("s"), "the value is a symbol"],
    [loop, "nested deeper than 500 levels, or contains itself"],
  ];
  for (const [value, words] of refusals) {
    expect(() => writeJson(value)).toThrow(expect.objectContaining({ code: "WX_SIGNING_VALUE" }));
    expect(() => writeJson(value)).toThrow(words);
  }
});

test("integers beyond 2^53 are read as bigints, everything else as JSON.parse reads it", () => {
  const text =
    '{"n":[9007199254740993,-18446744073709551616,9007199254740991],"s":"12345678901234567890","f":0.1234567890123456789}';
  expect(readJson(text)).toEqual({
    n: [9007199254740993n, -18446744073709551616n, 9007199254740991],
    s: "12345678901234567890",
    f: Number("0.1234567890123456789"),
  });
  expect(readJson('["\\"12345678901234567",1.0,12345678901234567e2]')).toEqual([
    '"12345678901234567',
    1,
    Number("12345678901234567e2"),
  ]);
  expect(writeJson(readJson(text.replace(/"f".*/, '"f":1}')))).toBe(text.replace(/"f".*/, '"f":1}'));
});

test("an integer of hundreds of digits is read whole, and one of thousands is refused, as in Python", () => {
  const digits = "9".repeat(4300);
  expect(readJson(digits)).toBe(BigInt(digits));
  expect(readJson(`[${"9".repeat(400)},1e400]`)).toEqual([BigInt("9".repeat(400)), Infinity]);
  expect(() => readJson(`${digits}9`)).toThrow(SyntaxError);
});

test("Python's names for what JSON does not have are read, and nothing like them", () => {
  expect(readJson('[NaN, -Infinity, {"Infinity": Infinity}, "NaN"]')).toEqual([
    NaN,
    -Infinity,
    { Infinity: Infinity },
    "NaN",
  ]);
  for (const text of ["[NaN", "[Nan,NaN]", "{NaN:1}", "[-NaN]", "NaN NaN", "[NaN,]", '{"a":NaN,}', "[NaN 1]"]) {
    expect(() => readJson(text), text).toThrow(SyntaxError);
  }
});

test("the own reader reads what JSON.parse reads, and refuses what it refuses", () => {
  const text = oneof(
    json(),
    json().map((valid) => valid.slice(1)),
    string({ unit: constantFrom(...'[]{}:,"\\01-.eE \ntrue') }),
  );
  const plain: JsonFactory = {
    integer: Number,
    float: (value) => value,
    object: (members) => Object.fromEntries(members),
  };
  assert(
    property(text, (candidate) => {
      const outcome = (read: () => unknown): unknown => {
        try {
          return { value: read() };
        } catch (error) {
          return error instanceof SyntaxError;
        }
      };
      expect(outcome(() => parseJson(candidate, plain))).toEqual(outcome(() => JSON.parse(candidate)));
    }),
    { numRuns: 5000, seed: 5 },
  );
});

test("-0 is the integer 0, as in Python, and -0.0 the float", () => {
  expect(readJson("-0")).toBe(0);
  expect(readJson('[-0,{"a":-0.0},-0e0,"-0"]')).toEqual([0, { a: -0 }, -0, "-0"]);
  expect(writeJson(readJson("[-0,-0.0]"))).toBe("[0,-0.0]");
});

test("whichever way a text is read, its numbers are the same", () => {
  const digits = string({ unit: constantFrom(..."0123456789"), minLength: 1, maxLength: 20 });
  const number = tuple(constantFrom("", "-"), digits, constantFrom("", ".0", ".5", "e3", "E-2", "e400"));
  const text = array(
    oneof(
      number.map((parts) => parts.join("").replace(/^(-?)0+(?=\d)/, "$1")),
      digits.map((word) => `"-${word}"`),
    ),
    { maxLength: 5 },
  ).map((items) => `[${items.join(",")}]`);
  const exact: JsonFactory = { integer: readInteger, float: (value) => value, object: (members) => members };
  assert(
    property(text, (candidate) => {
      expect(readJson(candidate)).toEqual(parseJson(candidate, exact));
    }),
    { numRuns: 3000, seed: 6 },
  );
});

test("a Map is an object in its own order, and a PythonFloat always a float", () => {
  const map = new Map<string, unknown>([
    ["10", new PythonFloat(1)],
    ["9", undefined],
    ["a", new PythonFloat(1e16)],
  ]);
  expect(writeJson(map)).toBe('{"10":1.0,"a":1e+16}');
  expect(writeJson({ b: 1, a: 2, "\ue000": 3, "🎉": 4 }, { sortKeys: true })).toBe('{"a":2,"b":1,"\ue000":3,"🎉":4}');
  expect(writeJson("\u007fé🎉\ud800", { ensureAscii: true })).toBe('"\\u007f\\u00e9\\ud83c\\udf89\\ud800"');
  for (const sortKeys of [false, true]) {
    expect(() => writeJson(new Map([[1, 2]]), { sortKeys })).toThrow("the value has a name that is no string");
  }
  expect(new PythonFloat(2) > new PythonFloat(1)).toBe(true);
});

test("a key called __proto__ is a key", () => {
  const value = readJson('{"__proto__":{"admin":true},"big":12345678901234567890}');
  expect(Object.hasOwn(value as object, "__proto__")).toBe(true);
  expect((value as { admin?: unknown }).admin).toBeUndefined();
});

test.each(["", "Nan", "-NaN", "[1,]", "{'a':1}", "\ufeff1", "01", '"\n"'])("%j is not JSON", (text) => {
  expect(() => readJson(text)).toThrow(SyntaxError);
});
