/** What Django's own tests of signing and of reset tokens assert, case by case, and what is refused besides. */
import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { BadPayload, BadSignature, BadTimeSignature, SignatureExpired } from "../errors.ts";
import { losslessJson } from "../payload-serializer.ts";
import { dumps, loads } from "./dumps.ts";
import { getCookieSigner } from "./get-cookie-signer.ts";
import { PasswordResetTokenGenerator, type TokenUser } from "./password-reset-token-generator.ts";
import { decodeBase62, encodeBase62 } from "./radix.ts";
import { Signer } from "./signer.ts";
import { TimestampSigner } from "./timestamp-signer.ts";

const key = "a key for the tests of signing";
const START = 123_456_789;

/** Django's salted HMAC, from its definition. */
function saltedHmac(salt: string, value: string, secret: string, algorithm = "sha256"): Buffer {
  const derived = createHash(algorithm)
    .update(salt + secret)
    .digest();
  return createHmac(algorithm, derived).update(value).digest();
}

describe("Signer", () => {
  const signer = new Signer({ key });

  test("the signature is a salted HMAC of the value", () => {
    for (const value of ["hello", "3098247:529:087:", "激活"]) {
      const right = saltedHmac("django.core.signing.Signersigner", value, key).toString("base64url");
      expect(signer.signature(value)).toBe(right);
      expect(signer.sign(value)).toBe(`${value}:${right}`);
    }
  });

  test("the salt goes into it", () => {
    const salted = new Signer({ key, salt: "extra-salt" });
    expect(salted.signature("hello")).toBe(saltedHmac("extra-saltsigner", "hello", key).toString("base64url"));
    expect(salted.signature("hello")).not.toBe(signer.signature("hello"));
    expect(new Signer({ key, salt: "" }).signature("hello")).toBe(signer.signature("hello"));
  });

  test("another algorithm can be had, an unknown one cannot", () => {
    const sha512 = new Signer({ key, algorithm: "sha512" });
    const right = saltedHmac("django.core.signing.Signersigner", "hello", key, "sha512").toString("base64url");
    expect(sha512.signature("hello")).toBe(right);
    expect(() => new Signer({ key, algorithm: "whatever" })).toThrow(
      expect.objectContaining({ code: "WX_SIGNING_OPTION" }),
    );
  });

  test("what was signed comes back", () => {
    for (const value of [
      "q;wjmbk;wkmb",
      "3098247529087",
      "3098247:529:087:",
      "jkw osanteuh ,rcuh nthu aou oauh ,ud du",
      "\u2019",
      "",
    ]) {
      expect(signer.unsign(signer.sign(value))).toBe(value);
    }
  });

  test("tampering is found", () => {
    const token = signer.sign("Another string");
    const changes = [token.toUpperCase(), `${token}a`, `a${token.slice(1)}`, token.replace(":", "")];
    for (const changed of changes) expect(() => signer.unsign(changed)).toThrow(BadSignature);
  });

  test("objects come back, compressed or not, and tampering is found", () => {
    for (const value of [["a", "list"], "a string \u2019", { a: "dictionary" }, 1, null, { long: "a".repeat(500) }]) {
      for (const compress of [false, true]) {
        const token = signer.signObject(value, { compress });
        expect(token).not.toContain(JSON.stringify(value));
        expect(signer.unsignObject(token)).toEqual(value);
        expect(() => signer.unsignObject(`x${token}`)).toThrow(BadSignature);
      }
    }
    expect(signer.signObject("a".repeat(500), { compress: true })).toMatch(/^\.[\w-]{10,40}:/);
  });

  test("keys may be bytes", () => {
    const bytes = new Signer({ key: Buffer.from("e7", "hex") });
    expect(bytes.unsign(bytes.sign("foo"))).toBe("foo");
  });

  test("separators that a signature could contain are refused", () => {
    for (const sep of ["/", "*sep*", ","]) {
      expect(new Signer({ key, sep }).sign("foo")).toBe(`foo${sep}${signer.signature("foo")}`);
    }
    for (const sep of ["", "-", "abc", "ac", "^"]) {
      expect(() => new Signer({ key, sep })).toThrow(expect.objectContaining({ code: "WX_SIGNING_OPTION" }));
    }
  });

  test("one key does not verify what another signed; fallbacks do, and never sign", () => {
    const old = new Signer({ key: "an old key, long enough" });
    const rotated = new Signer({ key, fallbackKeys: ["a newer old key, long enough", "an old key, long enough"] });
    expect(() => signer.unsign(old.sign("abc"))).toThrow(BadSignature);
    expect(rotated.unsign(old.sign("abc"))).toBe("abc");
    expect(rotated.unsign(signer.sign("abc"))).toBe("abc");
    expect(rotated.sign("abc")).toBe(signer.sign("abc"));
    expect(() => new Signer({ key, fallbackKeys: [] }).unsign(old.sign("abc"))).toThrow(BadSignature);
  });

  test("wrong use is named at once", () => {
    expect(() => new Signer(undefined as unknown as { key: string })).toThrow(
      "the signer takes an object of options: key",
    );
    expect(() => new Signer({} as { key: string })).toThrow("a secret key must be a string or a Uint8Array");
    expect(() => new Signer({ key: "" })).toThrow(expect.objectContaining({ code: "WX_SIGNING_KEY" }));
    expect(() => new Signer({ key, fallback_keys: [] } as object as { key: string })).toThrow(
      "Did you mean fallbackKeys?",
    );
    expect(() => signer.signObject(1, { serializer: losslessJson, compres: true } as object)).toThrow(
      "Did you mean compress?",
    );
    expect(() => signer.signObject("激", { serializer: losslessJson })).toThrow("Latin-1 cannot hold");
    const huge = new Signer({ key, maxPayloadBytes: 10 });
    expect(() => huge.signObject("12345678901")).toThrow("maxPayloadBytes allows 10");
    expect(() => huge.unsignObject(signer.signObject("a".repeat(99), { compress: true }))).toThrow(BadPayload);
  });
});

describe("TimestampSigner", () => {
  const at = (seconds: number): TimestampSigner => new TimestampSigner({ key, now: () => seconds });

  test("a value is good up to maxAge, fractions of a second included", () => {
    const token = at(START).sign("hello");
    expect(token).not.toBe(new TimestampSigner({ key, now: () => START + 1 }).sign("hello"));
    expect(at(START).unsign(token)).toBe("hello");
    expect(at(START + 11).unsign(token, { maxAge: 12 })).toBe("hello");
    expect(at(START + 11).unsign(token, { maxAge: 11 })).toBe("hello");
    expect(() => at(START + 11.5).unsign(token, { maxAge: 11 })).toThrow(SignatureExpired);
    expect(() => at(START + 11).unsign(token, { maxAge: 10 })).toThrow(
      expect.objectContaining({ payload: "hello", dateSigned: new Date(START * 1000) }),
    );
    expect(at(START - 99).unsign(token, { maxAge: 10 })).toBe("hello");
    expect([at(START).validate(token), at(START + 9).validate(token, { maxAge: 8 })]).toEqual([true, false]);
  });

  test("objects carry the time too", () => {
    const token = at(START).signObject({ foo: "bar" });
    expect(at(START + 9).unsignObject(token, { maxAge: 10 })).toEqual({ foo: "bar" });
    expect(() => at(START + 11).unsignObject(token, { maxAge: 10 })).toThrow(SignatureExpired);
  });

  test("a signed text without a time that can be read is refused", () => {
    const forge = new Signer({ key, salt: "django.core.signing.TimestampSigner" });
    for (const text of ["v", "v:", "v:-1", "v:00", "v:zzzzzzzzzzzzzz", "v:!", "v:zzzzzzzzz"]) {
      expect(() => at(START).unsign(forge.sign(text)), text).toThrow(BadTimeSignature);
    }
  });

  test("a broken clock or age expires every token rather than none", () => {
    const token = at(START).sign("v");
    expect(() => at(NaN).unsign(token, { maxAge: 10 })).toThrow(SignatureExpired);
    expect(() => at(START).unsign(token, { maxAge: NaN })).toThrow(SignatureExpired);
    expect(() => at(NaN).sign("v")).toThrow(expect.objectContaining({ code: "WX_SIGNING_VALUE" }));
    expect(() => at(START).unsign(token, { max_age: 10 } as object)).toThrow("Did you mean maxAge?");
  });
});

describe("dumps and loads", () => {
  const now = (): number => START;

  test("values come back; another salt, key or age refuses", () => {
    const token = dumps({ user: 42 }, { key, salt: "unsubscribe", compress: true, now });
    const options = { key, salt: "unsubscribe", now };
    expect(loads(token, { ...options, maxAge: 0 })).toEqual({ user: 42 });
    expect(loads(token, { ...options, key: "a newer key, long enough", fallbackKeys: [key] })).toEqual({ user: 42 });
    expect(() => loads(token, { key, now })).toThrow(BadSignature);
    expect(() => loads(token, { ...options, key: "another key, long enough" })).toThrow(BadSignature);
    expect(() => loads(token, { ...options, maxAge: 60, now: () => START + 61 })).toThrow(SignatureExpired);
    expect(token).toBe(
      new TimestampSigner({ key, salt: "unsubscribe", now }).signObject({ user: 42 }, { compress: true }),
    );
  });

  test("JSON is compact and ASCII, as Django's", () => {
    const [payload = ""] = dumps({ a: ["é", 1] }, { key, now }).split(":");
    expect(Buffer.from(payload, "base64url").toString()).toBe('{"a":["\\u00e9",1]}');
  });

  test("a misspelt option is refused rather than the age left unchecked", () => {
    expect(() => loads("x", { key, max_age: 1 } as object as { key: string })).toThrow("Did you mean maxAge?");
    expect(() => dumps("x", { key, fallback_keys: [] } as object as { key: string })).toThrow(
      "Did you mean fallbackKeys?",
    );
  });
});

describe("getCookieSigner", () => {
  const now = (): number => START;
  const signed = "three apples:8M0kX:AQhou5GOo7pBKj8xnefJLgouoRWQLW84R860ToxkFLk"; // Django 3.2's

  test("signs and reads cookies as Django does, by the cookie's name and age", () => {
    const signer = getCookieSigner({ key, salt: "cart", now });
    expect(signer.sign("three apples")).toBe(signed);
    expect(signer.unsign(signed, { maxAge: 0 })).toBe("three apples");
    expect(getCookieSigner({ key, now }).sign("three apples")).toBe(
      "three apples:8M0kX:DuziHj7Hpjn8kv_bloQy0WE1MYZvnFUOVWYbGcxLV2I",
    );
    expect(() => getCookieSigner({ key, salt: "basket" }).unsign(signed)).toThrow(BadSignature);
    expect(() => getCookieSigner({ key, salt: "cart" }).unsign(signed, { maxAge: 10 })).toThrow(SignatureExpired);
  });

  test("no signature of anything else is one of a cookie", () => {
    const signature = new TimestampSigner({ key, salt: "cart", now }).sign("three apples");
    expect(() => getCookieSigner({ key, salt: "cart" }).unsign(signature)).toThrow(BadSignature);
  });

  test("old keys are read by", () => {
    const signer = getCookieSigner({ key: "the newest of the keys", fallbackKeys: ["another", key], salt: "cart" });
    expect(signer.unsign(signed)).toBe("three apples");
  });

  test("an empty or too short key is refused, prefix or not", () => {
    const refusal = expect.objectContaining({ code: "WX_SIGNING_KEY" });
    expect(() => getCookieSigner({ key: "" })).toThrow(refusal);
    expect(() => getCookieSigner({ key, fallbackKeys: [""] })).toThrow(refusal);
    expect(() => getCookieSigner({ key: "short", minKeyBytes: 16 })).toThrow(refusal);
  });
});

test("base 62 has digits, then capital, then small letters", () => {
  for (const [value, text] of [
    [0, "0"],
    [61, "z"],
    [62, "10"],
    [START, "8M0kX"],
    [Number.MAX_SAFE_INTEGER, "fFgnDxSe7"],
  ] as const) {
    expect(encodeBase62(value)).toBe(text);
    expect(decodeBase62(text)).toBe(value);
  }
  for (const text of ["", "01", "-1", "1-", "zzzzzzzzzzzz", " 1"]) expect(decodeBase62(text)).toBeUndefined();
});

describe("PasswordResetTokenGenerator", () => {
  const user: TokenUser = { pk: 7, password: "pbkdf2$hash", lastLogin: null, email: "ada@example.com" };
  const NOW = 1_700_000_000;
  const at = (seconds: number, options: object = {}): PasswordResetTokenGenerator =>
    new PasswordResetTokenGenerator({ secret: key, timeZone: "UTC", now: () => seconds, ...options });
  const token = at(NOW).makeToken(user);

  test("a token is the time and half of a salted HMAC", () => {
    const seconds = NOW - Date.UTC(2001, 0, 1) / 1000;
    const salt = "django.contrib.auth.tokens.PasswordResetTokenGenerator";
    const digest = saltedHmac(salt, `7pbkdf2$hash${seconds}ada@example.com`, key).toString("hex");
    expect(token).toBe(`${seconds.toString(36)}-${[...digest].filter((_, at_) => at_ % 2 === 0).join("")}`);
    expect(at(NOW).checkToken(user, token)).toBe(true);
  });

  test("it dies when the user logs in, or the password or e-mail changes, and is nobody else's", () => {
    const changes: Partial<TokenUser>[] = [
      { lastLogin: new Date(NOW * 1000) },
      { password: "pbkdf2$other" },
      { email: "ada@example.org" },
      { email: null },
      { pk: 8 },
    ];
    for (const change of changes) expect(at(NOW).checkToken({ ...user, ...change }, token)).toBe(false);
  });

  test("a log-in time counts without its fraction of a second, and may be Python's text", () => {
    const lastLogin = new Date(Date.UTC(2024, 1, 3, 4, 5, 6, 789));
    const ofDate = at(NOW).makeToken({ ...user, lastLogin });
    expect(at(NOW).checkToken({ ...user, lastLogin: "2024-02-03 04:05:06" }, ofDate)).toBe(true);
  });

  test("it is good for three days, the last second included, or for as long as is set", () => {
    expect(at(NOW + 259_200).checkToken(user, token)).toBe(true);
    expect(at(NOW + 259_201).checkToken(user, token)).toBe(false);
    expect(at(NOW + 60, { timeout: 60 }).checkToken(user, token)).toBe(true);
    expect(at(NOW + 61, { timeout: 60 }).checkToken(user, token)).toBe(false);
    expect(at(NaN).checkToken(user, token)).toBe(false);
    expect(at(NOW, { timeout: NaN }).checkToken(user, token)).toBe(false);
  });

  test("no user or no token is no match, and neither is anything else that was sent", () => {
    expect(at(NOW).checkToken(null, token)).toBe(false);
    for (const text of [
      null,
      undefined,
      "",
      "-",
      "a-",
      "-a",
      "a-b-c",
      token.toUpperCase(),
      ` ${token}`,
      `0${token}`,
      "zzzzzzzzzzzzzz-0",
      "\ud800-0",
    ]) {
      expect(at(NOW).checkToken(user, text)).toBe(false);
    }
    expect(at(NOW).checkToken(user, 7 as unknown as string)).toBe(false);
  });

  test("another secret makes another token; a fallback secret is accepted and never signs", () => {
    const old = at(NOW, { secret: "an old key, long enough" });
    const rotated = at(NOW, { secretFallbacks: ["an old key, long enough"] });
    expect(old.makeToken(user)).not.toBe(token);
    expect(at(NOW).checkToken(user, old.makeToken(user))).toBe(false);
    expect(rotated.checkToken(user, old.makeToken(user))).toBe(true);
    expect(rotated.makeToken(user)).toBe(token);
    expect(() => at(NOW, { secret: "" })).toThrow(expect.objectContaining({ code: "WX_SIGNING_KEY" }));
  });

  test.each([{ id: 1, password: "x" }, { pk: 1 }, { pk: undefined, password: "x" }, { pk: null, password: "x" }])(
    "a user of %j would be anybody, and is refused",
    (someone) => {
      const anybody = someone as unknown as TokenUser;
      expect(() => at(NOW).makeToken(anybody)).toThrow("a user needs pk");
      expect(() => at(NOW).checkToken(anybody, token)).toThrow(
        expect.objectContaining({ code: "WX_SIGNING_VALUE" }) as Error,
      );
    },
  );

  test("salt and algorithm go into it, and a subclass decides what it is bound to", () => {
    expect(at(NOW, { keySalt: "other" }).makeToken(user)).not.toBe(token);
    expect(at(NOW, { algorithm: "sha1" }).makeToken(user)).toMatch(/-[0-9a-f]{20}$/);
    class Activation extends PasswordResetTokenGenerator {
      protected override makeHashValue({ pk }: TokenUser, timestamp: number): string {
        return `${pk}${timestamp}False`;
      }
    }
    const activation = new Activation({ secret: key, now: () => NOW });
    const link = activation.makeToken(user);
    expect(activation.checkToken({ ...user, password: "other" }, link)).toBe(true);
    expect(at(NOW, { timeZone: undefined }).checkToken(user, link)).toBe(false);
  });

  test("time is that of the wall clock of Django's TIME_ZONE", () => {
    const inShanghai = at(NOW, { timeZone: "Asia/Shanghai" }).makeToken(user);
    expect(Number.parseInt(inShanghai, 36) - Number.parseInt(token, 36)).toBe(8 * 3600);
    expect(() => at(NOW, { timeZone: "Asia/Nowhere" })).toThrow('timeZone "Asia/Nowhere" is no time zone');
    expect(() => at(NOW, { timezone: "UTC" })).toThrow("Did you mean timeZone?");
  });
});
