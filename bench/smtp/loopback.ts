/** Composed and sent over loopback, client and sink on one core. */
import { outcomeTable } from "../support/report.ts";
import { Child } from "./child.ts";
import { nodeClient, pythonClients, sourceClients } from "./clients.ts";
import { type Client, type Pace, race } from "./measure.ts";

/** By pipelining alone, and with BDAT. */
const OFFERS = "PIPELINING,CHUNKING,8BITMIME,SIZE";

export async function measureLoopback(
  bytes: number,
  connections: number,
  pace: Pace,
  withPeers: boolean,
): Promise<void> {
  const [sink, { port }] = await Child.start<{ port: number }>("./sink.js", [OFFERS]);
  const target = { port, connections, bytes };
  const clients: Client[] = [
    await nodeClient("nodemailer", "nodemailer", target),
    await nodeClient("Waxseal, chained", "waxseal", { ...target, pipelining: "chain" }),
    await nodeClient("Waxseal, BDAT, 16 on the way", "waxseal", { ...target, pipelining: "chunk" }),
    await nodeClient("Waxseal, BDAT, 32 on the way", "waxseal", { ...target, pipelining: "chunk", maxInFlight: 32 }),
  ];
  if (withPeers) {
    clients.push(await nodeClient("emailjs", "emailjs", target), ...sourceClients(target));
    if (connections === 1) clients.push(...(await pythonClients(port, bytes)));
  }
  const title = `Loopback, ${bytes / 1000} kB, ${connections} connection${connections === 1 ? "" : "s"}`;
  const { byTime, byCpu } = await race(title, clients, pace);
  console.log(outcomeTable(byTime));
  console.log(outcomeTable(byCpu));
  for (const client of clients) client.close();
  sink.close();
}
