import { EventEmitter } from "node:events";
import { beforeEach, expect, test, vi } from "vitest";
import { createProgress, duration, number, type Screen } from "./progress.ts";

let now = 0;
beforeEach(() => {
  now = 0;
  vi.stubEnv("TERM", "xterm");
});

/** A terminal, or a pipe, that remembers what was written. */
class FakeScreen extends EventEmitter implements Screen {
  written = "";
  readonly isTTY: boolean;
  columns: number;
  constructor(isTTY: boolean, columns = 120) {
    super();
    this.isTTY = isTTY;
    this.columns = columns;
  }
  write(text: string): void {
    this.written += text;
  }
  /** What was written since the last look. */
  take(): string {
    const text = this.written;
    this.written = "";
    return text;
  }
}

const counts = { total: 20_000, sent: 0, deferred: 0, failed: 0, left: 0 };

test("a terminal gets one line, drawn anew, with speed and what is left", () => {
  const screen = new FakeScreen(true);
  const progress = createProgress(screen, { title: "news", now: () => now });
  progress.show(counts);
  expect(screen.take()).toBe(`${"░".repeat(24)}  0%  0/20,000  0/s  news`);
  now = 2_000;
  progress.show({ ...counts, sent: 9_990, failed: 10, deferred: 3 });
  expect(screen.take()).toBe(
    `\r\u001b[J${"█".repeat(12)}${"░".repeat(12)}  50%  9,990/20,000  10 failed  3 deferred  5,000/s  0:02 left  news`,
  );
  progress.say("deferred: 421 busy");
  expect(screen.take()).toMatch(/^\r\u001b\[Jdeferred: 421 busy\n█/);
  progress.end();
  expect(screen.take()).toBe("\r\u001b[J");
  expect(screen.listenerCount("resize")).toBe(0);
});

test("a terminal that becomes narrow loses no line, and shows what matters most", () => {
  const screen = new FakeScreen(true, 120);
  const progress = createProgress(screen, { title: "a-long-name-of-a-run", now: () => now });
  progress.show({ ...counts, sent: 5_000, failed: 1 });
  screen.take();
  screen.columns = 30;
  screen.emit("resize");
  const text = screen.take();
  expect(text).toMatch(/^\r\u001b\[\d+A\u001b\[J/); // up to where the broken line began
  expect(text.split("[J")[1]).toBe("25%  5,000/20,000  1 failed");
});

test("what is no terminal gets a plain line every few seconds", () => {
  const screen = new FakeScreen(false);
  const progress = createProgress(screen, { title: "news", now: () => now });
  for (; now <= 11_000; now += 500) progress.show({ ...counts, sent: now, deferred: 2 });
  progress.say("deferred: 421 busy");
  progress.end();
  expect(screen.take().split("\n")).toEqual([
    "news: 0 of 20,000 sent, 2 deferred, 0/s",
    "news: 5,000 of 20,000 sent, 2 deferred, 1,000/s, 0:15 left",
    "news: 10,000 of 20,000 sent, 2 deferred, 1,000/s, 0:10 left",
    "deferred: 421 busy",
    "",
  ]);
});

test("a terminal that can draw nothing gets plain lines", () => {
  vi.stubEnv("TERM", "dumb");
  const screen = new FakeScreen(true);
  createProgress(screen, { title: "news", verb: "queued", now: () => now }).show(counts);
  expect(screen.take()).toBe("news: 0 of 20,000 queued, 0/s\n");
});

test.each([
  [5, "0:05"],
  [754.4, "12:34"],
  [11_220, "3:07:00"],
])("%d seconds are %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test.each([
  [0, "0"],
  [0.25, "0.3"],
  [1234567, "1,234,567"],
])("%d is %s", (value, text) => {
  expect(number(value)).toBe(text);
});
