import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../test/support/property.ts";
import { createBounceAddresses } from "./bounce-addresses.ts";
import { readReport } from "./read-report.ts";
import { LONGEST_DETAIL, MOST_RECIPIENTS } from "./report.ts";

const folder = "test/vectors/bounces";
const vectors = readdirSync(folder).map((name) => readFileSync(join(folder, name)));

/** A real report with a piece cut out, and bytes of any kind in its place. */
const damaged = fc
  .record({
    raw: fc.constantFrom(...vectors),
    from: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat(400),
    put: fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ unit: "binary", maxLength: 60 }).map((text) => Buffer.from(text)),
    ),
  })
  .map(({ raw, from, cut, put }) => {
    const at = Math.floor(from * raw.length);
    return Buffer.concat([raw.subarray(0, at), put, raw.subarray(at + cut)]);
  });

test("whatever is done to a report, it is read without a fault, and what is said of it is short", async () => {
  await fc.assert(
    fc.asyncProperty(damaged, async (raw) => {
      const reading = await readReport(raw);
      if (reading.is !== "report") return;
      const { recipients, messageIds, sentTo } = reading.report;
      expect(recipients.length).toBeGreaterThan(0);
      expect(recipients.length).toBeLessThanOrEqual(MOST_RECIPIENTS);
      expect(Math.max(messageIds.length, sentTo.length)).toBeLessThanOrEqual(50);
      for (const { address, status, detail } of recipients) {
        expect(address).toMatch(/^(?:[^\s@]\S*@[^\s@]+)?$/);
        expect(status).toMatch(/^(?:[245]\.\d{1,3}\.\d{1,3})?$/);
        expect(detail.length).toBeLessThanOrEqual(LONGEST_DETAIL);
        // One line, without characters that a terminal obeys.
        expect(detail).not.toMatch(/[\u0000-\u001f\u007f]/);
      }
    }),
    runs(300),
  );
});

test("no text but ours is read as a bounce address", () => {
  const addresses = createBounceAddresses({ secret: "a secret of some length", domain: "b.example" });
  const local = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^b[a-z2-7]{45}$/));
  fc.assert(
    fc.property(local, (text) => {
      expect(addresses.read(`${text}@b.example`)).toBeUndefined();
    }),
    runs(2000),
  );
});
