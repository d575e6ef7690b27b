import { expect, test } from "vitest";
import { createPasswordHasher } from "./password.ts";

const withoutArgon2 = createPasswordHasher(() => Promise.reject(new Error("no binary for this platform")));

test.each([
  ["argon2id", createPasswordHasher(), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/],
  ["scrypt where argon2 cannot load", withoutArgon2, /^\$scrypt\$ln=17,r=8,p=1\$/],
])("%s: a hash verifies its own password only, and two hashes differ", async (_, hasher, form) => {
  const hash = await hasher.hash("correct horse");
  expect(hash).toMatch(form);
  expect(await hasher.hash("correct horse")).not.toBe(hash);
  expect(await hasher.verify(hash, "correct horse")).toBe(true);
  expect(await hasher.verify(hash, "correct Horse")).toBe(false);
});

test("a scrypt hash is still read where argon2 is there, and junk is no hash", async () => {
  const hasher = createPasswordHasher();
  expect(await hasher.verify(await withoutArgon2.hash("correct horse"), "correct horse")).toBe(true);
  for (const junk of ["", "$scrypt$", "$scrypt$ln=99,r=8,p=1$x$y", "plain"])
    expect(await hasher.verify(junk, "plain")).toBe(false);
});
