import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { tempFolder } from "../../test/support/temp-folder.ts";
import { migrate, openDatabase, openSuppressions } from "../index.ts";
import { cleanOutbox, vacuumOutbox } from "./housekeeping.ts";

async function printed(command: () => Promise<void>): Promise<string> {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    await command();
    return log.mock.calls.map((line) => line.join(" ")).join("\n");
  } finally {
    log.mockRestore();
  }
}

test("clean says what it deleted, and vacuum what the file has become", async () => {
  const url = `sqlite:${join(tempFolder(), "test.db")}`;
  {
    await using database = await openDatabase(url);
    await migrate(database);
    const suppressions = await openSuppressions({ database });
    await suppressions.add({ address: "ann@example.com", expiresAt: 1 });
  }
  expect(await printed(() => cleanOutbox({ database: url }))).toBe("Deleted: 1 suppressions that had ended.");
  expect(await printed(() => cleanOutbox({ database: url }))).toBe("There was nothing to delete.");
  expect(await printed(() => vacuumOutbox({ database: url }))).toMatch(
    /test\.db: done\. 0\.\d MB before, 0\.\d MB now\.$/,
  );
});

test("a database whose tables are not this version's is refused", async () => {
  const url = `sqlite:${join(tempFolder(), "test.db")}`;
  await expect(cleanOutbox({ database: url })).rejects.toMatchObject({ code: "WX_DB_BEHIND" });
});
