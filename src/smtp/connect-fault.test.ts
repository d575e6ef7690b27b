import { expect, test } from "vitest";
import { connectFault } from "./connect-fault.ts";

const coded = (code: string): Error => Object.assign(new Error(`connect ${code} 192.0.2.1:25`), { code });
const SERVER = "mail.example:25";

test.each([
  ["ECONNREFUSED", /nothing accepts connections there \(ECONNREFUSED\)/, /Check the port/],
  ["ENOTFOUND", /the host name does not exist/, /spelling of host/],
  ["EMYSTERY", /connect EMYSTERY 192\.0\.2\.1:25 \(EMYSTERY\)/, /Check host, port/],
])("%s is put into words", (code, what, advice) => {
  const fault = connectFault(SERVER, coded(code));
  expect(fault).toMatchObject({ code: "WX_SMTP_CONNECT", retryable: true, cause: { code } });
  expect(fault.what).toMatch(what);
  expect(fault.advice).toMatch(advice);
});

test("of several addresses the one that came near the server speaks", () => {
  const of = (...codes: string[]): string => connectFault(SERVER, new AggregateError(codes.map(coded))).what;
  expect(of("ENETUNREACH", "ECONNREFUSED")).toContain("ECONNREFUSED");
  expect(of("ETIMEDOUT", "ENETUNREACH")).toContain("ETIMEDOUT");
  expect(of("ENETUNREACH", "EHOSTUNREACH")).toContain("ENETUNREACH");
});

test("what is no error is shown harmlessly", () => {
  expect(connectFault(SERVER, "a\r\nb").what).toBe("No connection to mail.example:25: a\ufffd\ufffdb");
  expect(connectFault(SERVER, undefined).what).toContain("undefined");
});
