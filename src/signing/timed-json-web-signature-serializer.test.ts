import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { BadHeader, BadSignature, BadTimeSignature, SignatureExpired } from "./errors.ts";
import { TimedJSONWebSignatureSerializer } from "./timed-json-web-signature-serializer.ts";

const START = 1_700_000_000;
const at = (seconds: number, options: { expiresIn?: number } = {}): TimedJSONWebSignatureSerializer =>
  new TimedJSONWebSignatureSerializer("a secret", { ...options, now: () => seconds });

function forge(fields: string): string {
  const signed = [`{"alg":"HS512"${fields}}`, '{"user":42}'].map((part) => Buffer.from(part).toString("base64url"));
  return `${signed.join(".")}.${createHmac("sha512", "a secret").update(signed.join(".")).digest("base64url")}`;
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("the example of the docs", () => {
  const serializer = new TimedJSONWebSignatureSerializer("a secret", { expiresIn: 3600 });
  expect(serializer.loads(serializer.dumps({ confirm: 1 }))).toEqual({ confirm: 1 });
});

test("a token is good to the end of its last second, then expired, with payload and date", () => {
  const token = at(START).dumps({ confirm: 1 });
  expect(at(START + 3600.9).loads(token)).toEqual({ confirm: 1 });
  const error = thrownBy(() => at(START + 3601).loads(token));
  expect(error).toBeInstanceOf(SignatureExpired);
  expect(error).toBeInstanceOf(BadTimeSignature);
  expect(error).toBeInstanceOf(BadSignature);
  expect(error).toMatchObject({
    name: "SignatureExpired",
    code: "WX_SIGNATURE_EXPIRED",
    payload: { confirm: 1 },
    dateSigned: new Date(START * 1000),
  });
});

test("the lifetime is the writer's: none, negative, fractional", () => {
  expect(at(START).loads(at(START, { expiresIn: 0 }).dumps(1))).toBe(1);
  expect(() => at(START + 1).loads(at(START, { expiresIn: 0 }).dumps(1))).toThrow(SignatureExpired);
  expect(() => at(START).loads(at(START, { expiresIn: -1 }).dumps(1))).toThrow(SignatureExpired);
  const [, header] = at(START).loads(at(START, { expiresIn: 1.5 }).dumps(1), { returnHeader: true });
  expect(header).toEqual({ alg: "HS512", iat: START, exp: START + 1 });
});

test("header fields cannot move the times or the algorithm", () => {
  const token = at(START).dumps(1, { headerFields: { exp: START * 2, alg: "none", kid: "k1" } });
  const [, header] = at(START).loads(token, { returnHeader: true });
  expect(header).toEqual({ exp: START + 3600, alg: "HS512", kid: "k1", iat: START });
});

test.each([
  '"abc"',
  "null",
  "[1]",
  "{}",
  "NaN",
  "-Infinity",
  "-1",
  '"-5"',
  '"1.5"',
  "1e999",
  '""',
  `"${"9".repeat(5000)}"`,
])("exp: %s is no date", (exp) => {
  expect(thrownBy(() => at(START).loads(forge(`,"exp":${exp}`)))).toBeInstanceOf(BadHeader);
});

test.each([
  [`${START}`, START],
  [`${START}.9`, START],
  [`" ${START} "`, START],
  [`"+1_700_000_000"`, START],
  ["100000000000000000000", 100000000000000000000n],
  [`"100000000000000000000"`, 100000000000000000000n],
])("exp: %s is read as Python's int() reads it", (exp, seconds) => {
  const [, header] = at(START).loads(forge(`,"exp":${exp}`), { returnHeader: true });
  expect(header["exp"]).toBe(seconds);
});

test("true and false are 1 and 0, as in Python", () => {
  for (const exp of ["true", "false"]) {
    const error = thrownBy(() => at(START).loads(forge(`,"iat":true,"exp":${exp}`)));
    expect(error).toMatchObject({ name: "SignatureExpired", payload: { user: 42 }, dateSigned: new Date(1000) });
  }
  const [, header] = at(1).loads(forge(',"exp":true'), { returnHeader: true });
  expect(header["exp"]).toBe(1);
});

test("a token of the next second has the next second's header", () => {
  let seconds = START;
  const serializer = new TimedJSONWebSignatureSerializer("a secret", { now: () => seconds });
  const tokens = [serializer.dumps(1), serializer.dumps(1)];
  seconds += 1;
  const next = serializer.dumps(1);
  expect(tokens[0]).toBe(tokens[1]);
  expect(next).toBe(at(START + 1).dumps(1));
  seconds -= 1;
  expect(serializer.dumps(1)).toBe(tokens[0]);
});

test("a token without an end is refused, with its payload", () => {
  const error = thrownBy(() => at(START).loads(forge("")));
  expect(error).toMatchObject({ name: "BadSignature", payload: { user: 42 } });
});

test.each(["", ',"iat":null', ',"iat":"1700000000"', ',"iat":1e300', ',"iat":100000000000000000000'])(
  "an expired token that says %j of its making has no dateSigned",
  (iat) => {
    const error = thrownBy(() => at(START).loads(forge(`,"exp":1${iat}`)));
    expect(error).toBeInstanceOf(SignatureExpired);
    expect(error).toMatchObject({ dateSigned: undefined, payload: { user: 42 } });
  },
);

test("a broken clock expires every token rather than none", () => {
  expect(() => at(NaN).loads(at(START).dumps(1))).toThrow(SignatureExpired);
  expect(() => at(NaN).dumps(1)).toThrow(expect.objectContaining({ code: "WX_SIGNING_VALUE" }));
});

test("loadsUnsafe shows nothing of an expired token, as in Python", () => {
  expect(at(START + 9999).loadsUnsafe(at(START).dumps("a.b"))).toEqual([false, undefined]);
});

test("wrong use is named at once", () => {
  expect(() => new TimedJSONWebSignatureSerializer("k", { expires_in: 60 } as object)).toThrow(
    "Did you mean expiresIn?",
  );
  expect(thrownBy(() => at(START, { expiresIn: NaN }))).toMatchObject({ code: "WX_SIGNING_OPTION" });
  expect(thrownBy(() => new TimedJSONWebSignatureSerializer(""))).toMatchObject({ code: "WX_SIGNING_KEY" });
});
