/** Whether memory stays flat over many messages from a generator. */
import { Child } from "./child.ts";

const STEPS = 5;
const MIB = 1024 * 1024;

/** Sends so many messages in steps, and prints the memory after each. */
export async function measureMemory(messages: number): Promise<void> {
  const [sink, { port }] = await Child.start<{ port: number }>("./sink.js", ["PIPELINING,CHUNKING,8BITMIME,SIZE"]);
  const target = { port, connections: 1, bytes: 1000, pipelining: "chunk" };
  const [client] = await Child.start("./client.js", ["waxseal", JSON.stringify(target)]);
  const rows: string[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const { rssBytes } = await client.ask<{ rssBytes: number }>({ times: Math.round(messages / STEPS) });
    rows.push(`| ${((messages / STEPS) * step).toLocaleString("en")} | ${Math.round(rssBytes / MIB)} |`);
  }
  console.log(
    [
      "### Memory, `sendMany` from a generator, 1 kB, BDAT",
      "",
      "| messages sent | MiB |",
      "|---|---|",
      ...rows,
      "",
    ].join("\n"),
  );
  client.close();
  sink.close();
}
