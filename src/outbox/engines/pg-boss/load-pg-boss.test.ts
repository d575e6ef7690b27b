import { expect, test, vi } from "vitest";
import { loadPgBoss } from "./load-pg-boss.ts";

vi.mock("pg-boss", () => {
  throw new Error("Cannot find package 'pg-boss'");
});

test("where pg-boss is not installed, the error is the line that installs it", async () => {
  await expect(loadPgBoss()).rejects.toMatchObject({
    code: "WX_OUTBOX_PEER",
    message: expect.stringContaining("npm i pg-boss"),
  });
});
