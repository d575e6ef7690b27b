import { expect, test } from "vitest";
import { compose } from "../compose.ts";
import type { MessageFields } from "../message-fields.ts";
import { keep, withScratch } from "./scratch.ts";

const context = { clock: { now: () => 0, sleep: async () => {} }, hostname: "example.com" };
const text = (word: string): string => `${word} `.repeat(2000).trim();
const messageOf = (word: string): MessageFields => ({
  from: "a@example.com",
  to: ["b@example.com"],
  text: text(word),
  html: `<p>${text(word)}`,
});
const decoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1").replaceAll("=\r\n", "");

test("what was composed stays as it is when others are composed after it", () => {
  const first = compose(messageOf("first"), context).bytes;
  const before = Buffer.from(first);
  for (let index = 0; index < 20; index++) compose(messageOf(`other${index}`), context);
  expect(before.equals(first)).toBe(true);
  expect(decoded(first)).toContain(text("first"));
});

test("a message that is composed while another one is read disturbs neither", () => {
  let inner: Uint8Array | undefined;
  const outer = {
    ...messageOf("outer"),
    get attachments() {
      inner ??= compose(messageOf("inner"), context).bytes;
      return [];
    },
  };
  const { bytes } = compose(outer, context);
  expect(decoded(bytes).split(text("outer")).length).toBe(3);
  expect(decoded(bytes)).not.toContain("inner");
  expect(decoded(inner ?? Buffer.of()).split(text("inner")).length).toBe(3);
});

test("octets beyond the room, and octets outside of a message, are copied all the same", () => {
  const octets = Buffer.alloc(300 * 1024, "x");
  const kept = withScratch(() => [keep(octets), keep(octets)]);
  octets.fill("y");
  expect(kept.map((copy) => copy.indexOf("y"))).toEqual([-1, -1]);
  const source = Buffer.from("a");
  const alone = keep(source);
  source.fill("b");
  expect(alone.toString()).toBe("a");
});

test("a message that fails gives the room back", () => {
  expect(() => compose({ ...messageOf("x"), attachments: [{ content: "", contentType: "\r\n" }] }, context)).toThrow(
    /contentType/,
  );
  expect(decoded(compose(messageOf("after"), context).bytes)).toContain(text("after"));
});
