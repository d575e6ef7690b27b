import { expect, test } from "vitest";
import { BadTimeSignature, SignatureExpired } from "./errors.ts";
import { Signer } from "./signer.ts";
import { TimestampSigner, type TimestampSignerOptions } from "./timestamp-signer.ts";

const KEY = "a key for the tests of signing";
const START = 1_700_000_000;
const at = (seconds: number, options: TimestampSignerOptions = {}): TimestampSigner =>
  new TimestampSigner(KEY, { ...options, now: () => seconds });

/** A good signature over any text. */
const forge = (text: string): string => new Signer(KEY).sign(text);

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("the value and the time come back", () => {
  const token = at(START).sign("a.b");
  expect(at(START).unsign(token)).toBe("a.b");
  expect(at(START).unsign(token, { returnTimestamp: true })).toEqual(["a.b", new Date(START * 1000)]);
});

test("an age of exactly maxAge is good, a second more is not", () => {
  const token = at(START).sign("v");
  expect(at(START + 60.9).unsign(token, { maxAge: 60 })).toBe("v");
  const error = thrownBy(() => at(START + 61).unsign(token, { maxAge: 60 }));
  expect(error).toBeInstanceOf(SignatureExpired);
  expect(error).toMatchObject({ payload: "v", dateSigned: new Date(START * 1000) });
  expect([at(START + 61).validate(token), at(START + 61).validate(token, { maxAge: 60 })]).toEqual([true, false]);
});

test("a time to come is refused where an age is asked for", () => {
  const token = at(START).sign("v");
  expect(() => at(START - 1).unsign(token, { maxAge: 60 })).toThrow(SignatureExpired);
  expect(at(START - 1).unsign(token)).toBe("v");
  expect(at(START - 1).unsign(token, { maxAge: null })).toBe("v");
});

test("a broken clock or age expires every token rather than none", () => {
  const token = at(START).sign("v");
  expect(() => at(NaN).unsign(token, { maxAge: 60 })).toThrow(SignatureExpired);
  expect(() => at(START).unsign(token, { maxAge: NaN })).toThrow(SignatureExpired);
  for (const seconds of [NaN, -1]) {
    expect(() => at(seconds).sign("v")).toThrow(expect.objectContaining({ code: "WX_SIGNING_VALUE" }));
  }
});

test.each(["v", "v.A", "v.AQEBAQEBAQEB", "v.f39_f39_f38", "v.!!", "v.f39_f39_"])(
  "%j has no time that can be read",
  (text) => {
    const error = thrownBy(() => at(START).unsign(forge(text)));
    expect(error).toBeInstanceOf(BadTimeSignature);
    expect(error).not.toBeInstanceOf(SignatureExpired);
    expect(error).toMatchObject({ payload: "v", dateSigned: undefined });
  },
);

test("a bad signature tells what would have been signed, and when", () => {
  const token = `${at(START).sign("v").slice(0, -1)}!`;
  expect(thrownBy(() => at(START).unsign(token))).toMatchObject({
    name: "BadTimeSignature",
    payload: "v",
    dateSigned: new Date(START * 1000),
  });
  expect(thrownBy(() => at(START).unsign("v.x"))).toMatchObject({ name: "BadSignature", payload: "v" });
});

test("times counted from 2011 are read where that was asked for", () => {
  const old = at(START - 1_293_840_000).sign("v"); // as itsdangerous 0.24 wrote at START
  expect(() => at(START + 10).unsign(old, { maxAge: 60 })).toThrow(SignatureExpired);
  const legacy = at(START + 10, { legacyEpoch: true });
  expect(legacy.unsign(old, { maxAge: 60, returnTimestamp: true })).toEqual(["v", new Date(START * 1000)]);
  expect(() => at(START + 61, { legacyEpoch: true }).unsign(old, { maxAge: 60 })).toThrow(SignatureExpired);
  expect(legacy.unsign(at(START).sign("v"), { maxAge: 60 })).toBe("v");
});

test("a misspelt option is refused rather than the age left unchecked", () => {
  const token = at(START).sign("v");
  expect(() => at(START).unsign(token, { max_age: 1 } as object)).toThrow("Did you mean maxAge?");
  expect(() => at(START).validate(token, { maxage: 1 } as object)).toThrow("Did you mean maxAge?");
  expect(() => at(START, { legacy_epoch: true } as object)).toThrow("Did you mean legacyEpoch?");
});
