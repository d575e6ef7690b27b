/** Random tokens made by Django are read here, and the reverse, by the Django that is installed. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  dumps,
  getCookieSigner,
  loads,
  PasswordResetTokenGenerator,
  Signer,
  type TokenUser,
} from "../../src/signing/django/index.ts";
import { compactJson, losslessJson } from "../../src/signing/index.ts";
import { findPython, runPython } from "../support/python.ts";

const NOW = 1_700_000_000;
const EACH = 150;
const now = (): number => NOW;

interface ObjectCase {
  key: string;
  salt: string;
  compress: boolean;
  json: string;
  token: string;
}
interface TextCase {
  key: string;
  salt: string;
  sep: string;
  text: string;
  token: string;
}
type CookieCase = Omit<TextCase, "sep">;
interface ResetCase {
  key: string;
  user: [pk: number, password: string, lastLogin: number | null, email: string];
  made_at: number;
  token: string;
  is_good: boolean;
}

function userOf([pk, password, lastLogin, email]: ResetCase["user"]): TokenUser {
  return { pk, password, lastLogin: lastLogin === null ? null : new Date(lastLogin * 1000), email };
}

const generatorAt = (secret: string, seconds: number): PasswordResetTokenGenerator =>
  new PasswordResetTokenGenerator({ secret, timeZone: "Asia/Shanghai", now: () => seconds });

const text = fc.string({ unit: "binary", maxLength: 40 });
const ours = { seed: 11, numRuns: EACH };
const objects: ObjectCase[] = fc
  .sample(
    fc.record({ key: text, salt: text, compress: fc.boolean(), value: fc.jsonValue({ stringUnit: "binary" }) }),
    ours,
  )
  .map(({ key, value, ...rest }) => {
    const options = { ...rest, key: `key ${key}` };
    return { ...options, json: compactJson.dumps(value), token: dumps(value, { ...options, now }) };
  });
const texts: TextCase[] = fc
  .sample(fc.record({ key: text, salt: text, sep: fc.constantFrom(":", "/", "*sep*"), text }), ours)
  .map(({ key, text: plain, ...rest }) => {
    const options = { ...rest, key: `key ${key}` };
    return { ...options, text: plain, token: new Signer(options).sign(plain) };
  });
const cookies: CookieCase[] = texts.map(({ key, salt, text: plain }) => {
  const options = { key, salt: `cookie${salt}` };
  return { ...options, text: plain, token: getCookieSigner({ ...options, now }).sign(plain) };
});
const resets: Omit<ResetCase, "is_good">[] = fc
  .sample(fc.record({ key: text, ago: fc.nat(400_000), password: text, lastLogin: fc.option(fc.nat(NOW)) }), ours)
  .map(({ key, ago, password, lastLogin }, index) => {
    const user: ResetCase["user"] = [index, password, lastLogin, "someone@example.com"];
    const secret = `key ${key}`;
    return { key: secret, user, made_at: NOW - ago, token: generatorAt(secret, NOW - ago).makeToken(userOf(user)) };
  });

const python = findPython(["django"]);

describe.skipIf(python === undefined)("django.core.signing in Python", () => {
  const request = { now: NOW, each: EACH, objects, texts, cookies, resets };
  const peer = new URL("django_peer.py", import.meta.url);
  const answer = (python === undefined ? {} : runPython(python, peer, request)) as {
    objects: ObjectCase[];
    texts: TextCase[];
    cookies: CookieCase[];
    resets: ResetCase[];
    read_objects: string[];
    read_texts: string[];
    read_cookies: string[];
    checked_resets: boolean[];
  };

  test("its objects are read here, and written again byte for byte", () => {
    expect(answer.objects).toHaveLength(EACH);
    for (const { json, token, ...options } of answer.objects) {
      const { compress, ...reading } = options;
      const value = loads(token, { ...reading, serializer: losslessJson, maxAge: 10, now });
      expect(losslessJson.dumps(value)).toBe(json);
      expect(dumps(value, { ...reading, compress, now })).toBe(token);
    }
  });

  test("its signed texts are read here, and written again byte for byte", () => {
    expect(answer.texts).toHaveLength(EACH);
    for (const { text: plain, token, ...options } of answer.texts) {
      expect(new Signer(options).unsign(token)).toBe(plain);
      expect(new Signer(options).sign(plain)).toBe(token);
    }
  });

  test("a token of a key that has become a fallback is read here", () => {
    for (const { text: plain, token, key, ...options } of answer.texts.slice(0, 20)) {
      expect(new Signer({ ...options, key: "newest", fallbackKeys: ["newer", key] }).unsign(token)).toBe(plain);
    }
  });

  test("our objects and texts are read there", () => {
    expect(answer.read_objects).toEqual(objects.map(({ json }) => json));
    expect(answer.read_texts).toEqual(texts.map((one) => one.text));
  });

  test("its signed cookies are read here, and ours there", () => {
    expect(answer.cookies).toHaveLength(EACH);
    for (const { text: plain, token, ...options } of answer.cookies) {
      expect(getCookieSigner({ ...options, now }).unsign(token, { maxAge: 10 })).toBe(plain);
      expect(getCookieSigner({ ...options, now }).sign(plain)).toBe(token);
    }
    expect(answer.read_cookies).toEqual(cookies.map((one) => one.text));
  });

  test("its reset tokens are checked here with its verdict, and made again byte for byte", () => {
    expect(new Set(answer.resets.map((one) => one.is_good)).size).toBe(2);
    for (const { key, user, made_at, token, is_good } of answer.resets) {
      expect(generatorAt(key, made_at).makeToken(userOf(user))).toBe(token);
      expect(generatorAt(key, NOW).checkToken(userOf(user), token)).toBe(is_good);
    }
  });

  test("our reset tokens are checked there with our verdict", () => {
    const verdicts = resets.map(({ key, user, token }) => generatorAt(key, NOW).checkToken(userOf(user), token));
    expect(new Set(verdicts).size).toBe(2);
    expect(answer.checked_resets).toEqual(verdicts);
  });
});
