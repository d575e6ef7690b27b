import { expect, test } from "vitest";
import { describeError, WaxsealError } from "./errors.ts";

class First extends WaxsealError {
  static override readonly brand: string = "First";
}
class Second extends First {
  static override readonly brand: string = "Second";
}

test("instanceof follows the tree of names, not of constructors", () => {
  class Second2 extends First {
    static override readonly brand: string = "Second"; // the same class out of another copy of the package
  }
  const error = new Second("WX_TEST", "words");
  expect(error).toBeInstanceOf(Second2);
  expect(error).toBeInstanceOf(First);
  expect(error).toBeInstanceOf(WaxsealError);
  expect(error).toBeInstanceOf(Error);
  expect(new First("WX_TEST", "words")).not.toBeInstanceOf(Second);
  expect(new Error("words")).not.toBeInstanceOf(WaxsealError);
});

test("an error shows its name, code and cause, and keeps its brands out of sight", () => {
  const cause = new Error("below");
  const error = new Second("WX_TEST", "words", { cause });
  expect(error.name).toBe("Second");
  expect(error.code).toBe("WX_TEST");
  expect(error.cause).toBe(cause);
  expect(Object.keys(error)).toEqual(["code"]);
});

test("anything thrown has a text", () => {
  expect(describeError(new Error("no"))).toBe("no");
  expect(describeError(Symbol("s"))).toBe("Symbol(s)");
  expect(describeError(undefined)).toBe("undefined");
  expect(describeError(Object.create(null))).toBe("an error that cannot be shown");
});
