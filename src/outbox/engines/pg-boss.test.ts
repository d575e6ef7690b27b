import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import type { Database } from "../../db/index.ts";
import { composedMail, inState, outboxOn, scriptedBackend } from "../../../test/support/outbox.ts";
import { postgresDatabase, postgresMissing } from "../../../test/support/postgres.ts";
import { until } from "../../../test/support/until.ts";
import type { Outbox } from "../api.ts";
import type { Backend } from "../../mail/index.ts";
import { pgBossEngine, type PgBossEngineOptions } from "./pg-boss.ts";

interface JobRow {
  state: string;
  priority: number;
  key: string;
  group: string | null;
  startAfter: Date;
}

async function jobsOf({ kysely }: Database, queue = "waxseal"): Promise<JobRow[]> {
  const { rows } = await sql<JobRow>`
    select state::text, priority, singleton_key as key, group_id as "group", start_after as "startAfter"
    from pgboss.job where name = ${queue} order by priority desc, created_on`.execute(kysely);
  return rows;
}

async function outboxWith(
  backend: Backend,
  options: Omit<PgBossEngineOptions, "database"> = {},
  database?: Database,
): Promise<{ outbox: Outbox; database: Database }> {
  const on = database ?? (await postgresDatabase());
  const engine = await pgBossEngine({ database: on, pollMs: 50, ...options });
  return { outbox: outboxOn(on, backend, { engine }), database: on };
}

describe.skipIf(postgresMissing)("the engine on pg-boss", () => {
  test("a message and its job are one commit, and of what is sent no job is left", async () => {
    const { backend, sent } = scriptedBackend();
    const { outbox, database } = await outboxWith(backend);
    const cancelled = database.kysely.transaction().execute(async (tx) => {
      await outbox.enqueue(composedMail("rolled back"), { tx });
      throw new Error("the order failed");
    });
    await expect(cancelled).rejects.toThrow("the order failed");
    expect(await jobsOf(database)).toEqual([]);
    const id = await outbox.enqueue(composedMail("kept"), { group: "shop" });
    expect(await jobsOf(database)).toMatchObject([{ state: "created", key: id, group: "shop" }]);
    outbox.start();
    await inState(outbox, id, "sent");
    await until(async () => (await jobsOf(database)).length === 0);
    expect(sent).toHaveLength(1);
  });
});
