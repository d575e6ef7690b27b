import { expect, test } from "vitest";
import { hintFor, nearest } from "./nearest.ts";

test.each([
  ["EMAIL_HOTS", "EMAIL_HOST"],
  ["email_host", "EMAIL_HOST"],
  ["EMAIL_PORTS", "EMAIL_PORT"],
  ["ZZZZ", undefined],
])("%s most likely means %s", (name, meant) => {
  expect(nearest(name, ["EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER"])).toBe(meant);
});

test.each([
  ["secure", ["host", "port", "security"], "Did you mean security?"],
  ["use_ssl", ["host", "port", "security"], "Did you mean security?"],
  ["requireTLS", ["host", "security"], "Did you mean security?"],
  ["pass", ["user", "password"], "Did you mean password?"],
  ["pass", ["host", "auth"], "Did you mean auth?"],
  ["type", ["user", "password", "oauth2"], "Did you mean oauth2?"],
  ["pool", ["host", "port", "maxConnections"], "Did you mean maxConnections?"],
  ["username", ["host", "auth"], "Did you mean auth?"],
  ["body", ["subject", "text"], "Did you mean text?"],
  ["constructor", ["subject", "text"], "There are: subject, text."],
])("%s, as another library says, is hinted at among %j", (name, known, hint) => {
  expect(hintFor(name, known)).toBe(hint);
});
