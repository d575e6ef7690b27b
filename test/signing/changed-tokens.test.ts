/** A token that was changed anywhere is refused, by the right error, and never by another than the tree's. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PasswordResetTokenGenerator } from "../../src/signing/django/index.ts";
import { BadData } from "../../src/signing/index.ts";
import { kinds, seededRandom } from "./kinds.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const TOKENS = 100;
/** Each test takes about a second; on a busy machine many times that. */
const TIMEOUT_MS = 120_000;

// A million errors are made here; their stacks would take most of the time.
const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

const replaced = (token: string, at: number, character: string): string =>
  token.slice(0, at) + character + token.slice(at + 1);

/** Every token that differs in one bit of one character. */
function* bitChanges(token: string): Generator<string> {
  for (let at = 0; at < token.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1)
      yield replaced(token, at, String.fromCharCode(token.charCodeAt(at) ^ (1 << bit)));
  }
}

/**
 * One other character at each place, and every other one at the two last, where base64 has bits to spare; at some places
 * one too few or too many.
 */
function* characterChanges(token: string, random: () => number): Generator<string> {
  for (let at = 0; at < token.length; at += 1) {
    const others = [...`${ALPHABET}.:+/=% \né`].filter((character) => character !== token[at]);
    if (at >= token.length - 2) yield* others.map((character) => replaced(token, at, character));
    else yield replaced(token, at, others[Math.floor(random() * others.length)] ?? "");
    if (at % 3 === 0) yield token.slice(0, at) + token.slice(at + 1);
    if (at % 3 === 1) yield `${token.slice(0, at)}A${token.slice(at)}`;
  }
  for (const character of `${ALPHABET}.:+/=% \n\0`) yield token + character;
}

/** The code of what `read` throws; the value's JSON where it does not throw. */
function outcome(read: (token: string) => unknown, token: string): string {
  try {
    return `read as ${JSON.stringify(read(token))}`;
  } catch (error) {
    return error instanceof BadData ? error.code : `threw ${String(error)}`;
  }
}

describe.each(kinds())("$name", ({ make, read }) => {
  test("every change of one bit or one character is a bad signature", { timeout: TIMEOUT_MS }, () => {
    const random = seededRandom(3);
    const outcomes = new Map<string, string>();
    let count = 0;
    for (let index = 0; index < TOKENS; index += 1) {
      const token = make(index);
      expect(outcome(read, token)).toMatch(/^read as/);
      for (const changes of [bitChanges(token), characterChanges(token, random)]) {
        for (const changed of changes) {
          count += 1;
          outcomes.set(outcome(read, changed), changed);
        }
      }
    }
    expect(count).toBeGreaterThan(TOKENS * 200);
    const allowed = ["WX_BAD_SIGNATURE", "WX_BAD_TIME_SIGNATURE"];
    expect([...outcomes].filter(([code]) => !allowed.includes(code))).toEqual([]);
  });
});

test("every change of one bit or one character of a reset token makes it bad", { timeout: TIMEOUT_MS }, () => {
  const generator = new PasswordResetTokenGenerator({ secret: "a key for the tests of signing" });
  const random = seededRandom(4);
  for (let pk = 0; pk < TOKENS; pk += 1) {
    const user = { pk, password: "hash", lastLogin: null, email: "a@example.com" };
    const token = generator.makeToken(user);
    expect(generator.checkToken(user, token)).toBe(true);
    const changes = [...bitChanges(token), ...characterChanges(token, random)];
    expect(changes.filter((changed) => generator.checkToken(user, changed))).toEqual([]);
  }
});

describe("random strings", () => {
  const characters = [...ALPHABET, ...ALPHABET, '....::==+/% {}[]"', "\n", "\0", "é", "激", "\ud800", "🎉"].flatMap(
    (text) => (text.length > 2 ? [...text] : [text]),
  );
  const readers = [...kinds(), ...kinds({ lenient: true })];

  test("100,000 of them raise nothing but the tree's errors", { timeout: TIMEOUT_MS }, () => {
    const random = seededRandom(1);
    const outcomes = new Map<string, string>();
    for (let run = 0; run < 100_000; run += 1) {
      let token = "";
      for (let length = Math.floor(random() ** 3 * 200); length > 0; length -= 1) {
        token += characters[Math.floor(random() * characters.length)] ?? "";
      }
      const reader = readers[run % readers.length];
      if (reader !== undefined) outcomes.set(outcome(reader.read, token).slice(0, 40), token);
    }
    const allowed = ["WX_BAD_SIGNATURE", "WX_BAD_TIME_SIGNATURE"];
    expect([...outcomes].filter(([code]) => !allowed.includes(code))).toEqual([]);
  });
});
