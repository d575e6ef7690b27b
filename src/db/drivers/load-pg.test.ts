import { expect, test, vi } from "vitest";
import { openDatabase } from "../database.ts";

vi.mock("pg", () => {
  throw new Error("Cannot find package 'pg'");
});

test("where pg is not installed, the error is the line that installs it", async () => {
  await expect(openDatabase("postgres://me:hunter2@db/mail")).rejects.toMatchObject({
    code: "WX_DB_DRIVER",
    message: expect.stringContaining("`npm i pg`"),
  });
});
