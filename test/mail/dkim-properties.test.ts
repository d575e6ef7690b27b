/** Any message that can be composed is signed so that two verifiers take it, and so that no change of it goes unseen. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createMail, createMailers, type DkimKey } from "../../src/mail/index.ts";
import { ed25519Key, publish, rsaKey } from "../support/dkim-keys.ts";
import { dkimpyResults, hasDkimpy, mailauthResults } from "../support/dkim-verifiers.ts";
import { runs } from "../support/property.ts";
import { message } from "../support/random-message.ts";

const keys: DkimKey[] = [
  { domain: "example.com", selector: "rsa2026", privateKey: rsaKey() },
  { domain: "example.com", selector: "ed2026", privateKey: ed25519Key(), canonicalization: "simple/simple" },
];
const texts = publish(keys);
const mail = createMail({ mailers: createMailers({}), defaultFromEmail: "shop@example.com", dkim: keys });

test("mailauth takes both signatures of any message, and neither once a byte of its body is another", async () => {
  const property = fc.asyncProperty(message, fc.nat(), async (fields, at) => {
    const bytes = Buffer.from((await mail.compose(fields)).bytes);
    expect(await mailauthResults(bytes, texts)).toEqual(["pass", "pass"]);
    const body = bytes.indexOf("\r\n\r\n") + 4;
    const letters = [...bytes.keys()].filter(
      (index) => index >= body && /[a-y]/.test(String.fromCharCode(bytes[index] ?? 0)),
    );
    const changed = letters[at % Math.max(1, letters.length)];
    if (changed === undefined) return; // a body without letters
    bytes[changed] = (bytes[changed] ?? 0) + 1;
    for (const result of await mailauthResults(bytes, texts)) expect(result).not.toMatch(/^pass/);
  });
  await fc.assert(property, runs(80));
});

test.skipIf(!hasDkimpy)("dkimpy takes both signatures of any message", async () => {
  const signed = await Promise.all(
    fc.sample(message, { seed: 8463, numRuns: 60 }).map((fields) => mail.compose(fields)),
  );
  const verdicts = dkimpyResults(
    signed.map(({ bytes }) => bytes),
    texts,
  );
  expect(verdicts).toEqual(signed.map(() => [true, true]));
});
