import { expect, test } from "vitest";
import { parseCapabilities } from "./capabilities.ts";
import { replyOf } from "./reply.ts";

const parse = (...lines: string[]): ReturnType<typeof parseCapabilities> => parseCapabilities(replyOf(250, lines));

test("keywords, the size limit and the mechanisms are read in any case", () => {
  const capabilities = parse("mail.example AUTH SIZE", "size 1000", "Pipelining", "AUTH login PLAIN", "8BITMIME");
  expect([...capabilities.keywords.keys()]).toEqual(["SIZE", "PIPELINING", "AUTH", "8BITMIME"]);
  expect(capabilities.size).toBe(1000);
  expect(capabilities.auth).toEqual(["LOGIN", "PLAIN"]);
});

test("the old way to write AUTH is understood, alone and beside the new one", () => {
  expect(parse("hi", "AUTH=LOGIN").auth).toEqual(["LOGIN"]);
  expect(parse("hi", "AUTH LOGIN PLAIN", "AUTH=LOGIN PLAIN CRAM-MD5").auth).toEqual(["LOGIN", "PLAIN", "CRAM-MD5"]);
});

test("a limit that makes no sense is no limit", () => {
  expect(parse("hi", "SIZE").size).toBe(0);
  expect(parse("hi", "SIZE -5").size).toBe(0);
  expect(parse("hi").size).toBeUndefined();
});
