import { deflateSync } from "node:zlib";
import * as fc from "fast-check";
import { deflate } from "pako";
import { expect, test } from "vitest";
import { compressed, inflated } from "./deflate.ts";

test("short texts that are not compressed could not have been", () => {
  const shortText = fc.oneof(
    fc.string({ unit: fc.constantFrom("a", "b", '"', ":"), maxLength: 45 }),
    fc.string({ maxLength: 45 }),
    fc.json({ maxDepth: 1 }),
  );
  fc.assert(
    fc.property(shortText, (text) => {
      const bytes = Buffer.from(text);
      const stream = deflate(bytes, { level: 6 });
      const isShorter = stream.length < bytes.length - 1;
      expect(compressed(bytes)).toEqual(isShorter ? stream : undefined);
    }),
    { numRuns: 5000, seed: 1 },
  );
});

test("what any deflate made is inflated, up to the limit", () => {
  const bytes = Buffer.from("to be or not to be, ".repeat(50));
  expect(inflated(compressed(bytes) ?? bytes, 1000)).toEqual(bytes);
  expect(inflated(deflateSync(bytes, { level: 1 }), 1000)).toEqual(bytes);
  expect(() => inflated(deflateSync(bytes), 999)).toThrow(expect.objectContaining({ code: "ERR_BUFFER_TOO_LARGE" }));
});
