import { expect, test } from "vitest";
import { MessageError } from "../errors.ts";
import { checkMediaType, guessMediaType } from "./media-type.ts";

test.each([
  ["report.PDF", "application/pdf"],
  ["a.b.csv", "text/csv"],
  ["unknown.zzz", "application/octet-stream"],
  ["pdf.", "application/octet-stream"],
  ["mail.eml", "message/rfc822"],
])("%s is guessed to be %s", (filename, type) => {
  expect(guessMediaType(filename)).toBe(type);
});

test.each([
  "application/pdf",
  "image/svg+xml",
  'text/calendar; method=REQUEST; name="a b"',
  "Message/RFC822",
  "text/plain;charset=gb18030",
])("%s is a media type", (type) => {
  expect(checkMediaType(type, "contentType")).toBe(type);
});

test.each([
  "",
  "pdf",
  "text/",
  "text/plain; x",
  'text/plain; name="a',
  "text/plain\r\nBcc: evil@example.com",
  'text/plain; name="a;b"',
  "multipart/mixed; boundary=x",
  "Message/Partial; id=1",
  `text/${"x".repeat(300)}`,
])("%j is refused", (type) => {
  expect(() => checkMediaType(type, "attachments[0].contentType")).toThrow(MessageError);
  expect(() => checkMediaType(type, "attachments[0].contentType")).toThrow(/^attachments\[0\]\.contentType/);
});
