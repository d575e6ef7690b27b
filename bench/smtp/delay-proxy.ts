/**
 * A TCP proxy that holds every byte back for half a round trip in each direction, in a process of its own, and counts
 * the groups that clients write: how often they speak after the server has spoken.
 *
 *   node delay-proxy.js PORT ROUND_TRIP_MS
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

const [port = "0", roundTripMs = "0"] = process.argv.slice(2);
const halfMs = Number(roundTripMs) / 2;
const counts = { groups: 0 };

/** Hands on what comes, in order, each piece after its delay. */
function relay(from: Socket, to: Socket, onPiece: () => void): void {
  from.on("data", (piece) => {
    onPiece();
    setTimeout(() => to.write(piece), halfMs);
  });
  from.on("end", () => setTimeout(() => to.end(), halfMs));
  from.on("error", () => to.destroy());
  from.on("close", () => setTimeout(() => to.destroy(), halfMs));
}

const server = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ port: Number(port), host: "127.0.0.1", noDelay: true });
  let serverSpoke = true;
  relay(client, upstream, () => {
    if (serverSpoke) counts.groups += 1;
    serverSpoke = false;
  });
  // A reply ends a group when it reaches the client, not when it leaves the server.
  relay(upstream, client, () => setTimeout(() => (serverSpoke = true), halfMs));
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("message", () => process.send?.({ ...counts }));
process.on("disconnect", () => process.exit());
