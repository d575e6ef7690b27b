import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../../test/support/until.ts";
import { Inlet } from "./inlet.ts";

/** Both ends of a connection, the near one reading into the inlet. */
async function lineInto(inlet: Inlet): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ noDelay: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", onread: inlet.onread });
  const [far] = (await once(server, "connection")) as [Socket];
  onTestFinished(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}

test("what came before anyone took it is handed over first, and nothing is lost or doubled", async () => {
  const inlet = new Inlet();
  const { near, far } = await lineInto(inlet);
  far.write("220 early\r\n");
  await until(() => near.bytesRead === 11);
  far.write("220 second\r\n");
  await until(() => near.bytesRead === 23);
  let taken = "";
  inlet.open((bytes, length) => (taken += bytes.toString("latin1", 0, length)));
  expect(taken).toBe("220 early\r\n220 second\r\n");
  const long = `250 ${"x".repeat(50_000)}\r\n`;
  far.write(long);
  await until(() => taken.length >= 23 + long.length);
  expect(taken.slice(23)).toBe(long);
});
