import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { freshPostgres, postgresMissing } from "../../test/support/postgres.ts";
import { openDatabase } from "./database.ts";
import { migrate, requireMigrated } from "./migrate.ts";

describe.skipIf(postgresMissing)("postgres", () => {
  test("migrations run once, and what they made holds", async () => {
    await using database = await openDatabase(await freshPostgres());
    expect(database.dialect).toBe("postgres");
    await expect(requireMigrated(database)).rejects.toMatchObject({ code: "WX_DB_BEHIND" });
    expect(await migrate(database)).toEqual(["0001-initial", "0002-envelope", "0003-diagnosis", "0004-durable-queue"]);
    expect(await migrate(database)).toEqual([]);
    await requireMigrated(database);
    const orphan = { id_hash: "x", user_id: "nobody", created_at: 1, expires_at: 2 };
    await expect(database.kysely.insertInto("sessions").values(orphan).execute()).rejects.toThrow(/foreign key/);
  });

  test("times are numbers and bytes are bytes", async () => {
    await using database = await openDatabase(await freshPostgres());
    await migrate(database);
    const now = Date.UTC(2100, 1, 1);
    const raw = Uint8Array.from([0, 1, 0xff, 0x5c]);
    const row = {
      id: "1",
      received_at: now,
      envelope_from: "",
      envelope_to: "[]",
      from_header: "",
      to_header: "",
      subject: "\u{1f4ee}",
      size: 4,
      raw,
    };
    await database.kysely.insertInto("inbox_messages").values(row).execute();
    const found = await database.kysely.selectFrom("inbox_messages").selectAll().executeTakeFirstOrThrow();
    expect({ ...found, raw: Uint8Array.from(found.raw) }).toEqual(row);
    const counted = await sql<object>`select count(*) as count, sum(received_at) as sum from inbox_messages`.execute(
      database.kysely,
    );
    expect(counted.rows).toEqual([{ count: 1, sum: now }]);
  });
});
