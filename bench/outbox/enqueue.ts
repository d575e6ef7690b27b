/** Durable single enqueues from a hundred callers at once: who makes how many commits wait for the disk. */
import { race } from "../smtp/measure.ts";
import type { Client } from "../smtp/measure.ts";
import { outcomeTable } from "../support/report.ts";
import { hasPeers, startOurs, startPeer } from "./contenders.ts";
import { rowsPerSecond, syncsPerSecond } from "./limits.ts";
import { paceOf } from "./pace.ts";
import { hasRedis, startPostgres, startRedis } from "./servers.ts";

export async function measureEnqueue(isQuick: boolean): Promise<void> {
  console.log(
    `This disk: ${Math.round(syncsPerSecond())} synced writes a second; SQLite alone: ${Math.round(await rowsPerSecond())} rows of 1 kB a second, 1,000 to a commit.\n`,
  );
  await onSqlite(isQuick);
  await onPostgres(isQuick);
}

async function onSqlite(isQuick: boolean): Promise<void> {
  const clients: Client[] = [await startOurs("one commit per message", ["enqueue-each", "sqlite"])];
  clients.push(await startOurs("Waxseal, composing too", ["enqueue", "sqlite"]));
  clients.push(await startOurs("Waxseal, composed before", ["enqueue-composed", "sqlite"]));
  const servers = [];
  if (hasRedis && hasPeers) {
    for (const appendfsync of ["always", "everysec"] as const) {
      const redis = await startRedis(appendfsync);
      servers.push(redis);
      clients.push(
        await startPeer(`BullMQ, appendfsync ${appendfsync}`, "bullmq.mjs", ["enqueue", String(redis.port)]),
      );
    }
  } else console.log("BullMQ is not measured: no redis-server, or its packages are not installed.\n");
  await report("Durable enqueues by 100 callers", clients, isQuick);
  for (const server of servers) await server.close();
}

async function onPostgres(isQuick: boolean): Promise<void> {
  if (!hasPeers)
    return console.log("pg-boss and graphile-worker are not measured: their packages are not installed.\n");
  const postgres = await startPostgres();
  const clients = [
    await startPeer("pg-boss", "pg-boss.mjs", ["enqueue", await postgres.freshUrl()]),
    await startPeer("graphile-worker", "graphile-worker.mjs", ["enqueue", await postgres.freshUrl()]),
    await startOurs("Waxseal", ["enqueue", await postgres.freshUrl()]),
  ];
  await report("Durable enqueues by 100 callers on Postgres", clients, isQuick);
  await postgres.close();
}

async function report(title: string, clients: readonly Client[], isQuick: boolean): Promise<void> {
  const { byTime } = await race(title, clients, paceOf(isQuick));
  console.log(outcomeTable(byTime));
  for (const client of clients) client.close();
}
