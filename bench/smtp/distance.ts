/** Composed and sent over a line with a delay: what counts is how often a message waits for the far end. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMailServer, whyNoServer } from "../../test/real-servers/mail-server.ts";
import { spreadOf } from "../support/compare.ts";
import { Child } from "./child.ts";
import { nodeClient } from "./clients.ts";
import type { Client } from "./measure.ts";

const OFFERS = "PIPELINING,CHUNKING,8BITMIME,SIZE";

interface Row {
  readonly name: string;
  readonly perMessageMs: number[];
  /** Groups of writes a message, as the proxy counted them: each waits for a round trip. */
  readonly groups: number;
}

/** Messages in a turn, at the least. Chained ones take a round trip more than there are messages. */
const FEWEST = 50;

interface Turns {
  readonly turnMs: number;
  readonly rounds: number;
}

/** Files in memory, on Linux. */
const MEMORY = "/dev/shm";

/** Into a sink of ours, which offers everything. */
export async function measureDistance(roundTripMs: number, turns: Turns): Promise<void> {
  const [sink, { port }] = await Child.start<{ port: number }>("./sink.js", [OFFERS]);
  await measureWays(`${roundTripMs} ms of round trip, 1 kB, 1 connection`, { roundTripMs, sinkPort: port }, turns);
  sink.close();
}

/**
 * Into a real Postfix. Its spool and the mailboxes lie in memory where the system offers that, so that what is measured
 * is not how long this machine's disk takes for the two syncs of each message.
 */
export async function measurePostfix(roundTripMs: number, turns: Turns): Promise<void> {
  const problem = whyNoServer("postfix");
  if (problem !== undefined) return console.log(`No run into Postfix: ${problem}.\n`);
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "waxseal-bench-"));
  const server = await startMailServer("postfix", folder);
  const title = `A real Postfix at ${roundTripMs} ms of round trip, 1 kB, 1 connection`;
  await measureWays(title, { roundTripMs, sinkPort: server.port }, turns);
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Sends for about `turnMs` by each client, in turns, and prints a table of time and round trips a message. */
async function measureWays(
  title: string,
  { roundTripMs, sinkPort }: { roundTripMs: number; sinkPort: number },
  { turnMs, rounds }: Turns,
): Promise<void> {
  const rows: Row[] = [];
  for (const [name, library, extras] of [
    ["nodemailer", "nodemailer", {}],
    ["Waxseal, a command at a time", "waxseal", { pipelining: "one" }],
    ["Waxseal, commands together", "waxseal", { pipelining: "pipe" }],
    ["Waxseal, chained", "waxseal", { pipelining: "chain" }],
    ["Waxseal, BDAT, 16 on the way", "waxseal", { pipelining: "chunk" }],
    ["Waxseal, BDAT, 32 on the way", "waxseal", { pipelining: "chunk", maxInFlight: 32 }],
  ] as const) {
    const [proxy, { port }] = await Child.start<{ port: number }>("./delay-proxy.js", [
      `${sinkPort}`,
      `${roundTripMs}`,
    ]);
    const client = await nodeClient(name, library, { port, connections: 1, bytes: 1000, ...extras });
    rows.push(await measureOne(client, proxy, { turnMs, rounds }));
    client.close();
    proxy.close();
  }
  console.log(distanceTable(title, rows));
}

async function measureOne(
  client: Client,
  proxy: Child,
  { turnMs, rounds }: { turnMs: number; rounds: number },
): Promise<Row> {
  // Opens the connection, and finds out how many messages fill a turn: enough that the round trip of the last one counts for little.
  await client.run(5);
  const { wallMs } = await client.run(100);
  const times = Math.max(FEWEST, Math.round((100 * turnMs) / wallMs));
  const before = await proxy.ask<{ groups: number }>({});
  const perMessageMs: number[] = [];
  for (let round = 0; round < rounds; round++) perMessageMs.push((await client.run(times)).wallMs / times);
  const after = await proxy.ask<{ groups: number }>({});
  return { name: client.name, perMessageMs, groups: (after.groups - before.groups) / (times * rounds) };
}

function distanceTable(title: string, rows: readonly Row[]): string {
  const base = spreadOf(rows[0]?.perMessageMs ?? []).median;
  const lines = rows.map(({ name, perMessageMs, groups }) => {
    const { median } = spreadOf(perMessageMs);
    return `| ${name} | ${groups.toFixed(2)} | ${(base / median).toFixed(2)} | ${median.toFixed(2)} |`;
  });
  return [
    `### ${title}`,
    "",
    "| | round trips a message | times as fast as nodemailer | ms a message |",
    "|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}
