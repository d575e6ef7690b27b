import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { terminalLogger } from "./terminal.ts";

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  vi.spyOn(console, "error").mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => vi.restoreAllMocks());

test("an event is one line, its words first, and what a server said can neither forge a line nor move the cursor", () => {
  terminalLogger("warn").log("warn", "outbox.deferred", {
    text: "no\r\n12:00:00 outbox.sent\u001b[2J",
    id: "x",
    stage: "",
    code: undefined,
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d outbox\.deferred no\\r\\n12:00:00 outbox\.sent\\u001b\[2J id=x$/);
});

test("no character that a terminal obeys, or that cannot be seen, is written as it is", () => {
  const text = "a\u009b31m\u007f\u202egpj.\u2028\u{e0041}\u00ad 中🎉";
  terminalLogger("warn").log("warn", "event", { text });
  expect(lines[0]).toContain("a\\u009b31m\\u007f\\u202egpj.\\u2028\\udb40\\udc41\\u00ad 中🎉");
});

test("what is below the level is not written", () => {
  const logger = terminalLogger("warn");
  logger.log("info", "outbox.sent");
  logger.log("error", "outbox.failed");
  expect(lines).toEqual([expect.stringContaining("outbox.failed")]);
});
