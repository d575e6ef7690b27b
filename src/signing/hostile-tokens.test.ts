import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { seededRandom } from "../../test/signing/kinds.ts";
import { BadData, BadSignature } from "./errors.ts";
import { TimedJSONWebSignatureSerializer } from "./timed-json-web-signature-serializer.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const serializer = new TimedJSONWebSignatureSerializer("a secret", { now: () => 1_700_000_000 });
const lenient = new TimedJSONWebSignatureSerializer("a secret", { lenient: true, now: () => 1_700_000_000 });

/** What `loads` throws that is not one of the tree's errors; undefined where all is well. */
function foreignError(reader: TimedJSONWebSignatureSerializer, token: string): unknown {
  try {
    reader.loads(token);
    return undefined;
  } catch (error) {
    return error instanceof BadData ? undefined : error;
  }
}

const EDITS = {
  changed: (token: string, at: number, character: string) => token.slice(0, at) + character + token.slice(at + 1),
  inserted: (token: string, at: number, character: string) => token.slice(0, at) + character + token.slice(at),
  removed: (token: string, at: number) => token.slice(0, at) + token.slice(at + 1),
};

/** Every token that `edit` makes of `token` at some place with some character. */
function editedTokens(token: string, edit: (token: string, at: number, character: string) => string): Set<string> {
  const places = Array.from(token, (_, at) => at);
  const edited = places.flatMap((at) => [...`${ALPHABET}.+/=% \né`].map((character) => edit(token, at, character)));
  return new Set(edited.filter((text) => text !== token));
}

test.each(Object.entries(EDITS))("every token with one character %s is refused", (_change, edit) => {
  const token = serializer.dumps({ user_id: 42, purpose: "activate" });
  const edited = editedTokens(token, edit);
  expect(edited.size).toBeGreaterThan(100);
  for (const text of edited) expect(() => serializer.loads(text), text).toThrow(BadSignature);
});

test("10,000 headers and payloads under a good signature raise nothing but the tree's errors", () => {
  const random = seededRandom(2);
  const pick = (choices: readonly string[]): string => choices[Math.floor(random() * choices.length)] ?? "";
  const values = [
    "1700003600",
    "1",
    "-1",
    "1e999",
    "0.5",
    "null",
    "true",
    "[]",
    "{}",
    '"HS512"',
    '"9"',
    '"x"',
    "9".repeat(40),
  ];
  const field = (): string => `${pick(['"alg"', '"exp"', '"iat"', '"__proto__"', '"toString"'])}:${pick(values)}`;
  const text = (): string =>
    pick([`{"alg":"HS512",${field()},${field()}}`, `{${field()}}`, pick(values), "", "[[[", '"\ud800"', "\u0000"]);
  for (let run = 0; run < 10_000; run += 1) {
    const signed = [text(), text()].map((part) =>
      Buffer.from(part).toString(pick(["base64url", "base64"]) as "base64"),
    );
    const message = signed.join(pick([".", ".", ".", "", ".."]));
    const token = `${message}.${createHmac("sha512", "a secret").update(message).digest("base64url")}`;
    expect(foreignError(serializer, token), token).toBeUndefined();
    expect(foreignError(lenient, token), token).toBeUndefined();
  }
});
