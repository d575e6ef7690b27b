import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SigningUsageError } from "./errors.ts";
import { hmacWithKey } from "./hmac.ts";
import { HMACAlgorithm } from "./hmac-algorithm.ts";

const digests = ["sha1", "sha224", "sha256", "sha384", "sha512", "md5", "sha3-256", "sha512-256", "ripemd160"];
const message = fc.oneof(
  fc.string({ unit: "binary", maxLength: 3000, size: "max" }),
  fc.uint8Array({ maxLength: 5000, size: "max" }),
);

test.each(digests)("%s is what node:crypto makes, for any key and message", (digestMethod) => {
  const algorithm = new HMACAlgorithm(digestMethod);
  const key = fc.uint8Array({ maxLength: 300, size: "max" });
  fc.assert(
    fc.property(key, fc.array(message, { minLength: 1, maxLength: 4 }), (bytes, messages) => {
      const hmac = hmacWithKey(digestMethod, bytes);
      for (const one of messages) {
        const right = createHmac(digestMethod, bytes).update(one).digest();
        expect(hmac(one)).toBe(right.toString("base64url"));
        expect(algorithm.getSignature(bytes, one)).toEqual(right);
        expect(algorithm.verifySignature(bytes, one, right)).toBe(true);
        expect(algorithm.verifySignature(bytes, one, right.subarray(1))).toBe(false);
      }
    }),
    { numRuns: 60, seed: 2 },
  );
});

test("messages that are longer, shorter and of one length follow each other without a trace", () => {
  const hmac = hmacWithKey("sha512", Buffer.from("a key"));
  for (const text of ["ab", "cd", "中", "a", "", "a", "x".repeat(600), "x".repeat(601), "x".repeat(3000), "ef", "cd"]) {
    for (const one of [text, Buffer.from(text)]) {
      expect(hmac(one)).toBe(createHmac("sha512", "a key").update(one).digest("base64url"));
    }
  }
});

test("a key that is changed later does not change what is signed", () => {
  const key = Buffer.from("a key");
  const hmac = hmacWithKey("sha256", key);
  const before = hmac("text");
  key.fill(0);
  expect(hmac("text")).toEqual(before);
});

test("any digest of node:crypto will do, and no other", () => {
  expect(new HMACAlgorithm("sha3-512").getSignature(Buffer.from("k"), "text")).toHaveLength(64);
  expect(() => new HMACAlgorithm("sha0")).toThrow(SigningUsageError);
  expect(() => new HMACAlgorithm("sha0")).toThrow('digestMethod "sha0" is no digest of node:crypto');
});
