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

test("the limits of RFC 9422 are read, and what makes no sense counts as not said", () => {
  expect(parse("hi", "LIMITS RCPTMAX=20 MAILMAX=5").limits).toEqual({
    messages: 5,
    recipients: 20,
    recipientDomains: undefined,
  });
  expect(parse("hi", "limits rcptdomainmax=1 OTHER=3").limits.recipientDomains).toBe(1);
  for (const line of ["LIMITS", "LIMITS RCPTMAX=0 MAILMAX=-1", "LIMITS RCPTMAX=1e3 MAILMAX=9999999", "SIZE 5"]) {
    const { messages, recipients } = parse("hi", line).limits;
    expect([messages, recipients]).toEqual([undefined, undefined]);
  }
});

test("the extensions that a message may need are known by their keywords", () => {
  const all = ["SIZE 9", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES", "PIPELINING", "CHUNKING", "REQUIRETLS"];
  const { keywords } = parse("hi", ...all);
  for (const each of all) expect(keywords.has(each.split(" ")[0] ?? "")).toBe(true);
});
