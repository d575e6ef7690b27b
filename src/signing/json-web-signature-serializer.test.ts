import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { BadData, BadHeader, BadPayload, BadSignature } from "./errors.ts";
import { JSONWebSignatureSerializer } from "./json-web-signature-serializer.ts";
import { losslessJson } from "./payload-serializer.ts";

const serializer = new JSONWebSignatureSerializer("a secret");

/** A token with a good signature over any header and payload text. */
function forge(header: string | Uint8Array, payload: string | Uint8Array): string {
  const signed = [header, payload].map((part) => Buffer.from(part).toString("base64url")).join(".");
  return `${signed}.${createHmac("sha512", "a secret").update(signed).digest("base64url")}`;
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
  const unsubscribe = new JSONWebSignatureSerializer("a secret", { salt: "unsubscribe" });
  expect(unsubscribe.loads(unsubscribe.dumps({ user: 42 }))).toEqual({ user: 42 });
});

test("the newest key signs, every key verifies, a dropped key does not", () => {
  const rotated = new JSONWebSignatureSerializer(["a secret", Buffer.from("newer")]);
  expect(rotated.loads(serializer.dumps(1))).toBe(1);
  expect(new JSONWebSignatureSerializer("newer").loads(rotated.dumps(2))).toBe(2);
  expect(() => serializer.loads(rotated.dumps(2))).toThrow(BadSignature);
});

test("a token of one salt is no token of another, nor of none", () => {
  const token = serializer.dumps(1, { salt: "activate" });
  expect(serializer.loads(token, { salt: "activate" })).toBe(1);
  for (const salt of ["reset", ""]) expect(() => serializer.loads(token, { salt })).toThrow(BadSignature);
  expect(() => serializer.loads(token)).toThrow(BadSignature);
  expect(new JSONWebSignatureSerializer("a secret", { salt: null }).loads(serializer.dumps(1))).toBe(1);
});

test("the reader's algorithm counts, not the token's", () => {
  const header = '{"alg":"none"}';
  const unsigned = `${Buffer.from(header).toString("base64url")}.${Buffer.from("1").toString("base64url")}.`;
  expect(new JSONWebSignatureSerializer("a secret", { algorithmName: "none" }).loads(unsigned)).toBe(1);
  expect(() => serializer.loads(unsigned)).toThrow(BadSignature);
  for (const alg of ['"none"', '"HS256"', '"hs512"', "null", '["HS512"]']) {
    const error = thrownBy(() => serializer.loads(forge(`{"alg":${alg}}`, '{"user":42}')));
    expect(error).toBeInstanceOf(BadHeader);
    expect(error).toMatchObject({ code: "WX_BAD_HEADER", payload: { user: 42 }, header: { alg: JSON.parse(alg) } });
  }
  expect(() => serializer.loads(forge("{}", "1"))).toThrow(BadHeader);
  expect(() =>
    new JSONWebSignatureSerializer("a secret", { algorithmName: "HS256" }).loads(serializer.dumps(1)),
  ).toThrow(BadSignature);
});

test("a header or payload that cannot be read says which, and keeps what lies behind", () => {
  const good = '{"alg":"HS512"}';
  const invalidUtf8 = Uint8Array.of(0x22, 0xff, 0x22);
  for (const header of ["", "nope", invalidUtf8, "[".repeat(20_000)]) {
    expect(thrownBy(() => serializer.loads(forge(header, "1")))).toBeInstanceOf(BadHeader);
  }
  for (const header of ["[]", "null", "7"]) {
    const expected = { code: "WX_BAD_HEADER", header: JSON.parse(header) as unknown, originalError: undefined };
    expect(thrownBy(() => serializer.loads(forge(header, "1")))).toMatchObject(expected);
  }
  for (const payload of ["", "nope", invalidUtf8, "[".repeat(20_000), `[${"9".repeat(16)},`]) {
    const error = thrownBy(() => serializer.loads(forge(good, payload)));
    expect(error).toBeInstanceOf(BadPayload);
    expect(error).not.toBeInstanceOf(BadSignature);
    expect((error as BadPayload).originalError).toBeInstanceOf(Error);
    expect((error as BadPayload).cause).toBe((error as BadPayload).originalError);
  }
});

test("a wrong signature shows the unverified text, and no message quotes the token", () => {
  const token = serializer.dumps({ user: 42 });
  const [header, payload, signature = ""] = token.split(".");
  const error = thrownBy(() => serializer.loads(`${header}.${payload}.${signature.toLowerCase()}`)) as BadSignature;
  expect(error).toMatchObject({ name: "BadSignature", code: "WX_BAD_SIGNATURE", payload: `${header}.${payload}` });
  expect(error.message).not.toContain(signature.slice(0, 8).toLowerCase());
  expect(thrownBy(() => serializer.loads("garbage"))).toMatchObject({ code: "WX_BAD_SIGNATURE", payload: undefined });
});

test("what is no string is no token", () => {
  for (const value of [undefined, null, 7, {}, Buffer.from("a.b.c")]) {
    expect(thrownBy(() => serializer.loads(value as unknown as string))).toBeInstanceOf(BadSignature);
  }
});

test("a token over the limit is neither made nor looked at", () => {
  const small = new JSONWebSignatureSerializer("a secret", { maxTokenBytes: 200 });
  const token = serializer.dumps("x".repeat(200));
  expect(serializer.loads(token)).toHaveLength(200);
  expect(thrownBy(() => small.loads(token))).toMatchObject({ code: "WX_BAD_SIGNATURE", payload: undefined });
  expect(thrownBy(() => small.dumps("x".repeat(200)))).toMatchObject({ code: "WX_SIGNING_VALUE" });
  expect(thrownBy(() => serializer.loads("a.".repeat(40_000)))).toMatchObject({ payload: undefined });
});

test("careless spelling is read only where it was asked for, and never hides a changed payload", () => {
  const lenient = new JSONWebSignatureSerializer("a secret", { lenient: true });
  const token = serializer.dumps({ user: 42 });
  expect(lenient.loads(`${token}==`)).toEqual({ user: 42 });
  expect(() => serializer.loads(`${token}==`)).toThrow(BadSignature);
  expect(() => lenient.loads(token.replace(".", "!."))).toThrow(BadSignature);
});

test("wrong use is named at once", () => {
  expect(thrownBy(() => new JSONWebSignatureSerializer(""))).toMatchObject({ code: "WX_SIGNING_KEY" });
  expect(thrownBy(() => new JSONWebSignatureSerializer([]))).toMatchObject({ code: "WX_SIGNING_KEY" });
  expect(thrownBy(() => new JSONWebSignatureSerializer(["a", ""]))).toMatchObject({ code: "WX_SIGNING_KEY" });
  expect(thrownBy(() => new JSONWebSignatureSerializer(undefined as unknown as string))).toMatchObject({
    code: "WX_SIGNING_KEY",
  });
  const unknownAlgorithm = { algorithmName: "RS256" as "HS256" };
  expect(thrownBy(() => new JSONWebSignatureSerializer("k", unknownAlgorithm))).toMatchObject({
    code: "WX_SIGNING_OPTION",
    message: "algorithmName must be one of HS256, HS384, HS512, none",
  });
  const pythonName = { algorithm_name: "HS256" };
  expect(() => new JSONWebSignatureSerializer("k", pythonName as object)).toThrow("Did you mean algorithmName?");
  expect(() => serializer.loads("x", { return_header: true } as object)).toThrow("Did you mean returnHeader?");
  expect(() => serializer.dumps(1, { expiry: 1 } as object)).toThrow(
    'no option "expiry". There are: salt, headerFields.',
  );
});

test("loadsUnsafe shows a value whose signature is wrong, and raises only for a signed payload that is unreadable", () => {
  const token = new JSONWebSignatureSerializer("another secret").dumps({ user: 42 });
  expect(serializer.loadsUnsafe(serializer.dumps(1))).toEqual([true, 1]);
  expect(serializer.loadsUnsafe(token)).toEqual([false, { user: 42 }]);
  expect(serializer.loadsUnsafe("a.b.c")).toEqual([false, undefined]);
  expect(serializer.loadsUnsafe(forge('{"alg":"HS256"}', "1"))).toEqual([false, undefined]);
  expect(() => serializer.loadsUnsafe(forge('{"alg":"HS512"}', "nope"))).toThrow(BadPayload);
});

test("a header's other fields change nothing, not even those that other libraries obey", () => {
  for (const fields of [
    '"kid":"../../dev/null"',
    '"jku":"https://evil.example"',
    '"jwk":{"kty":"oct","k":""}',
    '"crit":["b64"],"b64":false',
    '"typ":"none"',
  ]) {
    expect(serializer.loads(forge(`{"alg":"HS512",${fields}}`, "1"))).toBe(1);
    expect(() => serializer.loads(forge(`{"alg":"none",${fields}}`, "1"))).toThrow(BadHeader);
  }
});

test("every change of a header's letters is a bad signature", () => {
  const token = serializer.dumps({ user: 42 });
  const [header = "", ...rest] = token.split(".");
  const text = Buffer.from(header, "base64url").toString();
  for (let at = 0; at < text.length; at += 1) {
    const changed = Buffer.from(`${text.slice(0, at)}~${text.slice(at + 1)}`).toString("base64url");
    const error = thrownBy(() => serializer.loads([changed, ...rest].join(".")));
    expect(error).toMatchObject({ name: "BadSignature", code: "WX_BAD_SIGNATURE" });
  }
});

test("payloads may keep all that JSON says, and be written as itsdangerous before 1.0 did", () => {
  const lossless = new JSONWebSignatureSerializer("a secret", { serializer: losslessJson });
  const value = lossless.loads(forge('{"alg":"HS512"}', '{"10":1,"9":1.0}'));
  expect(lossless.dumps(value)).toBe(forge('{"alg":"HS512"}', '{"10":1,"9":1.0}'));
  const ascii = new JSONWebSignatureSerializer("a secret", { serializerKwargs: { ensureAscii: true } });
  expect(ascii.dumps("激")).toBe(forge('{"alg":"HS512"}', '"\\u6fc0"'));
});

test("minKeyBytes refuses a short key", () => {
  expect(() => new JSONWebSignatureSerializer("a secret", { minKeyBytes: 64 })).toThrow("minKeyBytes asks for 64");
});

test("the errors form itsdangerous' tree", () => {
  const header = new BadHeader("words", { payload: 1, header: 2, originalError: new BadData("inner") });
  expect(header).toBeInstanceOf(BadSignature);
  expect(header).toMatchObject({ payload: 1, header: 2 });
  expect(new BadPayload("words")).toBeInstanceOf(BadData);
  expect(new BadPayload("words")).not.toBeInstanceOf(BadSignature);
});
