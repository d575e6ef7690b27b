import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DeliveryError, MailerError } from "../errors.ts";
import { fileBackend } from "./file.ts";

const clock = { now: () => new Date(2026, 0, 2, 3, 4, 5).getTime(), sleep: async () => {} };
const envelope = { from: "a@example.com", to: ["b@example.com"] };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waxseal-file-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("messages are appended to one file per backend, with a line of dashes after each", async () => {
  const path = join(folder, "made", "for", "it");
  const [one, two] = [fileBackend({ path, clock }), fileBackend({ path, clock })];
  expect(readdirSync(path)).toEqual([]);
  await one.send(envelope, Buffer.from("first\r\n"));
  await one.close?.();
  const receipt = await one.send(envelope, Buffer.from("second\r\n"));
  await two.send(envelope, Buffer.from("other\r\n"));
  const files = readdirSync(path);
  expect(files).toHaveLength(2);
  for (const file of files) expect(file).toMatch(/^20260102-030405-[0-9a-f]{8}\.log$/);
  const dashes = `${"-".repeat(79)}\n`;
  expect(readFileSync(receipt.response, "utf8")).toBe(`first\r\n${dashes}second\r\n${dashes}`);
});

test("messages sent at once do not mix", async () => {
  const backend = fileBackend({ path: folder, clock });
  const letters = [..."abcdef"];
  await Promise.all(letters.map((letter) => backend.send(envelope, Buffer.alloc(2_000_000, letter))));
  const [file = ""] = readdirSync(folder);
  const messages = readFileSync(join(folder, file), "latin1").split(`${"-".repeat(79)}\n`);
  expect(messages.map((text) => new Set(text).size)).toEqual([1, 1, 1, 1, 1, 1, 0]);
});

test("a path that is a file, lies under one, or is missing is refused by the setting's name", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect(() => fileBackend({ path: file })).toThrow(`path: ${file} is not a folder`);
  expect(() => fileBackend({ path: join(file, "below") })).toThrow("does not exist and cannot be made");
  expect(() => fileBackend({ path: "" })).toThrow(/^path is missing/);
  expect(() => fileBackend({ path: file })).toThrow(
    expect.objectContaining({ code: "WX_MAILER_PATH", setting: "path" }),
  );
  expect(() => fileBackend({ path: file })).toThrow(MailerError);
});

test.skipIf(process.getuid?.() === 0)("a folder that may not be written to is refused", () => {
  chmodSync(folder, 0o555);
  expect(() => fileBackend({ path: folder })).toThrow(`path: ${folder} cannot be written to`);
});

test("a write that fails is a failed delivery, and the next one may succeed", async () => {
  const backend = fileBackend({ path: folder });
  rmSync(folder, { recursive: true });
  await expect(backend.send(envelope, Buffer.from("x"))).rejects.toThrow(DeliveryError);
  fileBackend({ path: folder });
  await backend.send(envelope, Buffer.from("x"));
  expect(existsSync(folder)).toBe(true);
});

test("the folder may be a file: URL", async () => {
  const { response } = await fileBackend({ path: pathToFileURL(folder) }).send(envelope, Buffer.from("x"));
  expect(response.startsWith(folder)).toBe(true);
});

test("a misspelt option is refused", () => {
  // @ts-expect-error no such option
  expect(() => fileBackend({ pth: folder })).toThrow("file: pth is no option. Did you mean path?");
});

test("nothing is written for a call that was given up", async () => {
  const backend = fileBackend({ path: folder, clock });
  const sent = backend.send(envelope, Buffer.from("x"), { signal: AbortSignal.abort() });
  await expect(sent).rejects.toThrow("gave it up");
  expect(readdirSync(folder)).toEqual([]);
});
