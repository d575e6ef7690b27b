/** From the caller's enqueue to the server's 250, the whole durable way. */
import { Child } from "../smtp/child.ts";
import { type Client, race } from "../smtp/measure.ts";
import type { Outcome, Standing } from "../support/compare.ts";
import { outcomeTable } from "../support/report.ts";
import { hasPeers, startOurs, startPeer, startPostgresAlone } from "./contenders.ts";
import { paceOf } from "./pace.ts";
import { hasRedis, startPostgres, startRedis } from "./servers.ts";

/** What the sinks say that they can do: BDAT is tried only where CHUNKING is offered. */
const sinks = { DATA: "PIPELINING,8BITMIME", BDAT: "PIPELINING,CHUNKING,8BITMIME" } as const;

export async function measurePath(isQuick: boolean): Promise<void> {
  const ports = new Map<string, number>();
  const children: Child[] = [];
  for (const [way, keywords] of Object.entries(sinks)) {
    const [child, { port }] = await Child.startAnywhere<{ port: number }>("sink.js", [keywords]);
    children.push(child);
    ports.set(way, port);
  }
  const port = (way: keyof typeof sinks): string => String(ports.get(way));
  await onSqlite(port, isQuick);
  await onPostgres(port, isQuick);
  for (const child of children) child.close();
}

async function onSqlite(port: (way: keyof typeof sinks) => string, isQuick: boolean): Promise<void> {
  const clients: Client[] = [];
  const redis = hasRedis && hasPeers ? await startRedis("always") : undefined;
  if (redis === undefined) console.log("BullMQ is not measured: no redis-server, or its packages are not installed.\n");
  else {
    const args = ["path", String(redis.port), port("DATA")];
    clients.push(await startPeer("BullMQ, appendfsync always, and nodemailer", "bullmq.mjs", args));
  }
  clients.push(await startOurs("Waxseal on SQLite, DATA", ["path", "sqlite", port("DATA")]));
  clients.push(await startOurs("Waxseal on SQLite, BDAT", ["path", "sqlite", port("BDAT")]));
  clients.push(await startOurs("Waxseal, the whole service, DATA", ["path", "service", port("DATA")]));
  clients.push(await startOurs("Waxseal, the whole service, BDAT", ["path", "service", port("BDAT")]));
  await report("Enqueue to accepted", clients, isQuick);
  await redis?.close();
}

async function onPostgres(port: (way: keyof typeof sinks) => string, isQuick: boolean): Promise<void> {
  if (!hasPeers)
    return console.log("pg-boss and graphile-worker are not measured: their packages are not installed.\n");
  const postgres = await startPostgres();
  const url = (): Promise<string> => postgres.freshUrl();
  const clients = [
    await startPeer("pg-boss and nodemailer", "pg-boss.mjs", ["path", await url(), port("DATA")]),
    await startPeer("graphile-worker and nodemailer", "graphile-worker.mjs", ["path", await url(), port("DATA")]),
    await startOurs("Waxseal on Postgres, two workers, DATA", ["path", await url(), port("DATA"), "2"]),
    await startOurs("Waxseal on Postgres, two workers, BDAT", ["path", await url(), port("BDAT"), "2"]),
    await startPostgresAlone(ALONE, [await url(), "2"]),
  ];
  const { standings } = await report("Enqueue to accepted on Postgres", clients, isQuick);
  console.log(sharesOfLimit(standings));
  await postgres.close();
}

/** The contender that is no queue, but what its database can do. */
const ALONE = "Postgres alone, two connections";

/** How much of the speed of Postgres alone is left when all else is done too. */
function sharesOfLimit(standings: readonly Standing[]): string {
  const limit = standings.find(({ name }) => name === ALONE)?.microseconds.median ?? 0;
  const others = standings.filter(({ name }) => name !== ALONE);
  const share = ({ name, microseconds }: Standing): string =>
    `| ${name} | ${Math.round((limit / microseconds.median) * 100)} % |`;
  return ["| | share of the speed of Postgres alone |", "|---|---|", ...others.map(share), ""].join("\n");
}

async function report(title: string, clients: readonly Client[], isQuick: boolean): Promise<Outcome> {
  const { byTime, byCpu } = await race(title, clients, paceOf(isQuick));
  console.log(outcomeTable(byTime));
  console.log(outcomeTable(byCpu));
  for (const client of clients) client.close();
  return byTime;
}
