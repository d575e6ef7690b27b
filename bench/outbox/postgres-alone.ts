/**
 * What Postgres does by itself for as many mails: their rows, a lease and an outcome each, a hundred at a time, on as many
 * connections as there are workers. Nothing is composed and nothing is sent, so no queue on this server can be faster.
 *
 *   node postgres-alone.js POSTGRES_URL CONNECTIONS
 */
import { randomUUID } from "node:crypto";
import { Client } from "pg";
import type { Took } from "../smtp/measure.ts";

const [connectionString = "", connections = "2"] = process.argv.slice(2);
/** As many as there are callers, and so as a turn of Waxseal's takes. */
const BATCH = 100;
const BODY = Buffer.alloc(1200, "Dear customer, your order has left our house.\r\n");

const statements = {
  insert: `with mail as (
      insert into mails (id, address, subject, state, due_at)
      select id, 'customer@example.net', 'Your order is on its way', 'queued', 0 from unnest($1::text[]) as new(id))
    insert into bodies (id, bytes) select id, $2::bytea from unnest($1::text[]) as new(id)`,
  lease: `update mails set owner = $1, due_at = 1 where id in (
      select id from mails where due_at <= 0 order by due_at limit ${BATCH} for update skip locked) returning id`,
  settle: `update mails set state = 'sent', due_at = null, owner = null where id = any($1::text[])`,
} as const;

async function connect(): Promise<Client> {
  const client = new Client({ connectionString });
  client.on("error", () => {}); // the server may end before this process does
  await client.connect();
  await client.query("set enable_seqscan = off"); // a plan that was made for empty tables must not outlive them
  return client;
}

function run(client: Client, name: keyof typeof statements, values: unknown[]): Promise<{ rows: { id: string }[] }> {
  return client.query({ name, text: statements[name], values });
}

/** Three commits for each batch: enqueued, leased, sent. */
async function batch(client: Client, size: number): Promise<void> {
  const ids = Array.from({ length: size }, () => randomUUID());
  await run(client, "insert", [ids, BODY]);
  const { rows } = await run(client, "lease", ["a worker"]);
  await run(client, "settle", [rows.map(({ id }) => id)]);
}

const clients = await Promise.all(Array.from({ length: Number(connections) }, connect));
await clients[0]?.query(`
  create table mails (id text primary key, address text not null, subject text not null, state text not null, due_at bigint, owner text);
  create index due on mails (due_at) where due_at is not null;
  create table bodies (id text primary key, bytes bytea not null)`);

process.on("message", async ({ times }: { times: number }) => {
  const cpu = process.cpuUsage();
  const began = performance.now();
  let left = times;
  const worker = async (client: Client): Promise<void> => {
    while (left > 0) {
      const size = Math.min(BATCH, left);
      left -= size;
      await batch(client, size);
    }
  };
  await Promise.all(clients.map(worker));
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  process.send?.({ wallMs, cpuMs: (user + system) / 1000 } satisfies Took);
});
process.on("disconnect", () => process.exit());
process.send?.({ ready: true });
