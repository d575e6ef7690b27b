import { sql } from "kysely";
import { expect, test } from "vitest";
import { testDatabase } from "../../../test/support/test-database.ts";
import { walkToRecipient } from "./lists.ts";

test("a walk finds every message of a recipient, newest first and a page at a time", async () => {
  const { kysely } = await testDatabase();
  const numbers = sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < 45000)`;
  await sql`insert into outbox_messages (id, mailer, envelope_from, subject, message_id, size, state, priority, on_unknown,
      sensitive, attempts, created_at, expires_at, takeovers, forgiven, unreached)
    ${numbers} select printf('%06d', i), 'default', 'a@x.cn', '', '', 1, 'sent', 2, 'resend', 0, 1, i, i, 0, 0, 0 from n`.execute(
    kysely,
  );
  await sql`insert into outbox_recipients (message_id, position, address, state, detail)
    ${numbers} select printf('%06d', i), 0, case when i % 9000 = 0 then 'ann@x.cn' else 'bob@x.cn' end, 'sent', '' from n`.execute(
    kysely,
  );
  const ids = async (options: { limit?: number; before?: string }): Promise<string[]> =>
    (await walkToRecipient(kysely, { recipient: "ann@x.cn", ...options })).map(({ id }) => id);
  expect(await ids({})).toEqual(["045000", "036000", "027000", "018000", "009000"]);
  expect(await ids({ limit: 2 })).toEqual(["045000", "036000"]);
  expect(await ids({ limit: 2, before: "036000" })).toEqual(["027000", "018000"]);
  expect(await ids({ before: "009000" })).toEqual([]);
  expect(await walkToRecipient(kysely, { recipient: "nobody@x.cn" })).toEqual([]);
});
