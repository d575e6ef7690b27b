import { expect, test } from "vitest";
import { envelopeProblem } from "./envelope.ts";

const to = (address: string): string | undefined => envelopeProblem({ from: "", to: [address] });

test.each([
  "ann@example.com",
  "a.b+c_d=e/f@xn--fiq228c.example",
  '"john doe"@example.com',
  String.raw`"a\"b@c"@example.com`,
  "a..b@docomo.example",
  "-x@example.com",
  "ann@[192.0.2.1]",
  "ann@[IPv6:2001:db8::1]",
])("%s goes into a command", (address) => {
  expect(to(address)).toBeUndefined();
});

test.each([
  "",
  "ann",
  "@example.com",
  "ann@",
  "ann@example.com\r\nRCPT TO:<eve@example.com>",
  "ann@example.com\n",
  "ann\0@example.com",
  "ann@exam ple.com",
  "ann smith@example.com",
  "<ann@example.com>",
  "ann@example.com> SIZE=1",
  '"a>b"@example.com',
  "ann@example.com\u2028",
  "änn@example.com",
  "ann@exämple.com",
  "a@b@example.com",
  "ann@example.com,eve@example.com",
  "@relay.example:ann@example.com",
  `${"a".repeat(250)}@example.com`,
])("%j does not", (address) => {
  expect(to(address)).toContain("recipient");
  if (address !== "") expect(envelopeProblem({ from: address, to: ["ann@example.com"] })).toContain("sender");
});

test("what is refused is quoted without its control characters, and not at length", () => {
  const problem = to(`a\r\n\u2028${"b".repeat(10_000)}`);
  expect(problem).not.toMatch(/[\r\n\u2028]/);
  expect(problem?.length).toBeLessThan(300);
});

test("the sender may be empty, the recipients not", () => {
  expect(envelopeProblem({ from: "", to: ["ann@example.com"] })).toBeUndefined();
  expect(envelopeProblem({ from: "ann@example.com", to: [] })).toContain("no recipient");
});

test("with SMTPUTF8 other scripts and symbols pass, but no angle bracket, which Unicode counts as a symbol", () => {
  const problem = (address: string): string | undefined => envelopeProblem({ from: "", to: [address], smtpUtf8: true });
  for (const address of ["麦克@例子.中国", "👍+a@example.com"]) expect(problem(address)).toBeUndefined();
  for (const address of ["麦>b@example.com", "麦<b@example.com", "a>b@example.com", "麦 b@example.com"]) {
    expect(problem(address)).toContain("recipient");
  }
});
