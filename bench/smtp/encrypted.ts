/** What TLS adds to the client's CPU. */
import { outcomeTable } from "../support/report.ts";
import { createCertificates } from "../../test/support/certificates.ts";
import { Child } from "./child.ts";
import { nodeClient } from "./clients.ts";
import { type Client, type Pace, race } from "./measure.ts";

const OFFERS = "PIPELINING,CHUNKING,8BITMIME,SIZE";

export async function measureTls(pace: Pace): Promise<void> {
  const authority = await createCertificates();
  const { key, cert } = await authority.issue({ names: ["localhost"], ips: ["127.0.0.1"] });
  const [plain, { port: plainPort }] = await Child.start<{ port: number }>("./sink.js", [OFFERS]);
  const [secure, { port: securePort }] = await Child.start<{ port: number }>("./sink.js", [
    OFFERS,
    JSON.stringify({ key, cert }),
  ]);
  for (const pipelining of ["chain", "chunk"] as const) {
    const target = { connections: 1, bytes: 1000, pipelining };
    const clients: Client[] = [
      await nodeClient("in clear", "waxseal", { ...target, port: plainPort }),
      await nodeClient("over TLS", "waxseal", { ...target, port: securePort, tls: true }),
    ];
    const { byCpu } = await race(
      `TLS, 1 kB, ${pipelining === "chain" ? "chained" : "BDAT, 16 on the way"}`,
      clients,
      pace,
    );
    console.log(outcomeTable(byCpu));
    for (const client of clients) client.close();
  }
  plain.close();
  secure.close();
}
