/** Networks that fail beneath SMTP: nobody there, silence in place of a connection, and a TLS connection that breaks in the middle. */
import { once } from "node:events";
import { type AddressInfo, createServer, Socket } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { createSmtpPool, type SmtpOptions, SmtpError } from "../../src/smtp/index.ts";
import { type Certificates, createCertificates, type KeyAndCertificate } from "../support/certificates.ts";
import {
  at,
  bytesOf,
  closes,
  expectOutcome,
  fatesOf,
  lost,
  named,
  resets,
  retry,
  saysAndCloses,
  sentOf,
  stalls,
  unknown,
} from "../support/fates.ts";
import { allModes, type LedgerOptions, serveLedger } from "../support/ledger-smtp.ts";
import type { Peer } from "../support/scripted-smtp.ts";

const ENVELOPE = { from: "mac@example.com", to: ["ann@example.com"] };

/** What becomes of twenty messages at once. */
async function errorsOf(options: SmtpOptions): Promise<unknown[]> {
  await using pool = createSmtpPool(options);
  const sending = Array.from({ length: 20 }, () => pool.send(ENVELOPE, bytesOf("m")));
  return (await Promise.allSettled(sending)).map((result) => (result.status === "rejected" ? result.reason : "sent"));
}

test("connect refused: retry, for each message", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  for (const error of await errorsOf({ host: "127.0.0.1", port })) {
    expect(error).toBeInstanceOf(SmtpError);
    expect(error).toMatchObject({ ...retry, code: "WX_SMTP_CONNECT", stage: "connect" });
  }
});

test("black hole: retry at the deadline, for each message, and no socket is left open", async () => {
  const sockets: Socket[] = [];
  const nowhere = async (): Promise<Socket> => {
    // Connected to nothing: neither a byte nor an error ever comes.
    const socket = new Socket();
    sockets.push(socket);
    return socket;
  };
  const timeouts = { connectMs: 100, greetingMs: 100 };
  for (const error of await errorsOf({ host: "mail.example", port: 25, socket: nowhere, timeouts })) {
    expect(error).toMatchObject({ ...retry, code: "WX_SMTP_TIMEOUT" });
  }
  expect(sockets.filter(({ destroyed }) => !destroyed)).toEqual([]);
});

test("a name that leads nowhere: retry, and the name is in the words", async () => {
  const lookup: SmtpOptions["lookup"] = (host, _options, done) =>
    done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" }), "");
  for (const error of await errorsOf({ host: "smpt.example.com", port: 587, lookup })) {
    expect(error).toMatchObject({ ...retry, code: "WX_SMTP_CONNECT" });
    expect(String(error)).toContain("smpt.example.com");
  }
});

describe("over TLS", () => {
  let certificates: Certificates;
  let good: KeyAndCertificate;
  beforeAll(async () => {
    certificates = await createCertificates();
    good = await certificates.issue({ names: ["mail.example.test"], ips: ["127.0.0.1"] });
  });

  const overTls = (timeouts: SmtpOptions["timeouts"] = {}): LedgerOptions => ({
    security: "tls",
    tls: { ca: certificates.ca },
    timeouts,
    spoil: (peer: Peer) => {
      const greet = peer.greet;
      peer.greet = async (...keywords) => {
        await peer.secure(good);
        await greet(...keywords);
      };
    },
  });

  describe.each(allModes)("in mode %s", (mode) => {
    test("twenty messages: all sent", async () => {
      const ledger = await serveLedger(mode, () => undefined, overTls());
      expect(sentOf(await fatesOf(ledger, named("m", 20)))).toEqual(named("m", 20));
    });

    test("close, RST, silence at RCPT: retry, nothing accepted", async () => {
      await expectOutcome(mode, at("rcpt", closes), lost(mode, { code: "WX_SMTP_LOST" }), overTls());
      await expectOutcome(mode, at("rcpt", resets), lost(mode, { code: "WX_SMTP_LOST" }), overTls());
      const limits = { replyMs: 500, finalReplyMs: 500 };
      await expectOutcome(mode, at("rcpt", stalls), lost(mode, { code: "WX_SMTP_TIMEOUT" }), overTls(limits));
    });

    test("close, RST, silence, half a reply after the dot: unknown", async () => {
      for (const deed of [closes, resets, saysAndCloses("250 ok")]) {
        await expectOutcome(mode, at("final", deed), { alone: unknown }, overTls());
      }
      await expectOutcome(mode, at("final", stalls), { alone: unknown }, overTls({ finalReplyMs: 500 }));
    });
  });
});
