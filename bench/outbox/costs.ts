/** What one message costs: commits, room on the disk, CPU of the worker and of the database. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Child } from "../smtp/child.ts";
import type { Costs } from "./cost-child.ts";
import { startPostgres } from "./servers.ts";

/** A tick of the kernel's clock, in milliseconds (USER_HZ). */
const TICK_MS = 10;

export async function measureCosts(isQuick: boolean): Promise<void> {
  const [sink, { port }] = await Child.startAnywhere<{ port: number }>("sink.js", ["PIPELINING,8BITMIME"]);
  const postgres = await startPostgres();
  const messages = isQuick ? 500 : 5000;
  console.log(`### What a message of 4 kB costs, enqueued and sent (${messages.toLocaleString("en")} of them)\n`);
  console.log(
    "| database | callers at once | commits | bytes on the disk | µs of CPU, worker | µs of CPU, database | a second |",
  );
  console.log("|---|---|---|---|---|---|---|");
  for (const callers of [1, 100]) {
    for (const where of ["sqlite", "Postgres"]) {
      const url = where === "sqlite" ? where : await postgres.freshUrl();
      const cpuBefore = cpuBelow(postgres.pid);
      const costs = await costsOf(url, port, callers, messages);
      const databaseMs = where === "sqlite" ? undefined : cpuBelow(postgres.pid) - cpuBefore;
      console.log(row(where, callers, costs, databaseMs));
    }
  }
  console.log("");
  await postgres.close();
  sink.close();
}

async function costsOf(url: string, port: number, callers: number, messages: number): Promise<Costs> {
  const script = fileURLToPath(new URL("cost-child.js", import.meta.url));
  const child = fork(script, [url, String(port), String(callers), String(messages)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [costs] = (await once(child, "message")) as [Costs];
  child.disconnect();
  await once(child, "exit");
  return costs;
}

function row(where: string, callers: number, costs: Costs, databaseMs: number | undefined): string {
  const each = (total: number, digits = 0): string => (total / costs.messages).toFixed(digits);
  const database = databaseMs === undefined ? "-" : each(databaseMs * 1000);
  const rate = Math.round((costs.messages / costs.wallMs) * 1000).toLocaleString("en");
  return `| ${where} | ${callers} | ${each(costs.commits, 2)} | ${each(costs.bytes)} | ${each(costs.cpuMs * 1000)} | ${database} | ${rate} |`;
}

/** CPU of the children of a process, those that have ended among them, in milliseconds. */
function cpuBelow(pid: number): number {
  let ticks = 0;
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const fields = statOf(entry);
    if (fields === undefined) continue;
    const [, parent, user, system, endedUser, endedSystem] = fields;
    if (Number(entry) === pid) ticks += endedUser + endedSystem;
    else if (parent === pid) ticks += user + system;
  }
  return ticks * TICK_MS;
}

/** pid, parent, and the ticks in user and system mode, own and of ended children (proc(5)). */
function statOf(pid: string): [number, number, number, number, number, number] | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ") ?? [];
    const at = (place: number): number => Number(fields[place] ?? 0);
    return [Number(pid), at(1), at(11), at(12), at(13), at(14)];
  } catch {
    return undefined; // it has ended meanwhile
  }
}
