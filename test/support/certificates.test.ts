import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { beforeAll, expect, test } from "vitest";
import { type Certificates, createCertificates, type KeyAndCertificate } from "./certificates.ts";

let certificates: Certificates;
beforeAll(async () => {
  certificates = await createCertificates();
});

/** Connects to a TLS server that shows `pair`; answers "ok" or the code of the refusal. */
async function shake(pair: KeyAndCertificate, servername: string, ca?: string): Promise<string> {
  const server = createServer(pair, (socket) => socket.on("error", () => {}).end());
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const identity = servername === "" ? {} : { servername };
  const socket = connect({ host: "127.0.0.1", port, ...identity, ...(ca === undefined ? {} : { ca }) });
  try {
    await once(socket, "secureConnect");
    return "ok";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
    server.close();
    await once(server, "close");
  }
}

test("a certificate the authority signed is accepted under each of its names, and under no other", async () => {
  const pair = await certificates.issue({ names: ["smtp.example.test", "mail.example.test"], ips: ["127.0.0.1"] });
  expect(await shake(pair, "smtp.example.test", certificates.ca)).toBe("ok");
  expect(await shake(pair, "mail.example.test", certificates.ca)).toBe("ok");
  expect(await shake(pair, "", certificates.ca)).toBe("ok");
  expect(await shake(pair, "other.example.test", certificates.ca)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
});

test("a certificate is refused where the authority is not known, where it expired, and where nobody signed it", async () => {
  const names = ["smtp.example.test"];
  const good = await certificates.issue({ names });
  expect(await shake(good, "smtp.example.test")).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  const expired = await certificates.issue({ names, expired: true });
  expect(await shake(expired, "smtp.example.test", certificates.ca)).toBe("CERT_HAS_EXPIRED");
  const alone = await certificates.selfSigned({ names });
  expect(await shake(alone, "smtp.example.test", certificates.ca)).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
});
