import { afterEach, expect, test, vi } from "vitest";
import { Signer } from "./signer.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const KEY = "a key for the tests of signing";

test("an empty key is refused, alone and in a list", () => {
  for (const key of ["", new Uint8Array(0), [], [KEY, ""], [""]]) {
    expect(() => new Signer(key)).toThrow(expect.objectContaining({ code: "WX_SIGNING_KEY" }));
  }
});

test("what is no key is refused", () => {
  for (const key of [undefined, null, 7, {}, [7]]) {
    expect(() => new Signer(key as unknown as string)).toThrow("a secret key must be a string or a Uint8Array");
  }
});

test("minKeyBytes refuses short keys, counted in bytes", () => {
  expect(() => new Signer("a short key", { minKeyBytes: 32 })).toThrow("has 11 bytes; minKeyBytes asks for 32");
  expect(() => new Signer([KEY, "short"], { minKeyBytes: 16 })).toThrow("has 5 bytes");
  expect(new Signer("激活激活激活", { minKeyBytes: 18 })).toBeInstanceOf(Signer);
});

test("a short key is warned of once, and without quoting it", async () => {
  vi.resetModules();
  const fresh = await import("./signer.ts");
  const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  void new fresh.Signer(KEY);
  expect(emitWarning).not.toHaveBeenCalled();
  void new fresh.Signer("hunter2");
  void new fresh.Signer("hunter3");
  expect(emitWarning).toHaveBeenCalledTimes(1);
  const [text, options] = emitWarning.mock.calls[0] ?? [];
  expect(text).toMatch(/^A secret key of 7 bytes can be guessed/);
  expect(text).not.toContain("hunter");
  expect(options).toMatchObject({ code: "WX_SIGNING_SHORT_KEY" });
});
