/** A mail provider on this machine, for tests: it answers as the real ones are documented to, and fails where it is told to. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { type Clock, findUnknownOption, systemClock } from "../../base/index.ts";
import { TestingError } from "../errors.ts";
import { type KeyAndCertificate, makeCertificate } from "./certificate.ts";
import { ClientStream, Gone } from "./client-stream.ts";
import { type FakeFault, FaultPlan } from "./fault.ts";
import type { FakeCounts, FakeMessage, FakeSecurity, House } from "./house.ts";
import type { FakeLimits, FakeProfile, FakeProfileName } from "./profile.ts";
import { fakeProfiles } from "./profiles.ts";
import { Quotas } from "./quotas.ts";
import { Session } from "./session.ts";

/** How a fake provider is to be. */
export interface FakeProviderOptions {
  /** Whom to play. Default "postfix". */
  readonly profile?: FakeProfileName | undefined;
  /** Passwords, or access tokens, by user. Default: everybody gets in. */
  readonly accounts?: Readonly<Record<string, string>> | undefined;
  /** On top of the profile's own. */
  readonly limits?: FakeLimits | undefined;
  readonly faults?: readonly FakeFault[] | undefined;
  /** A key and a certificate for it, both PEM. Default: made at the start, for localhost and 127.0.0.1. */
  readonly tls?: KeyAndCertificate | undefined;
  /** "tls" from the first byte, "starttls" on offer. Default: "none", or "tls" where `tls` is given. */
  readonly security?: FakeSecurity | undefined;
  /** Default: any free one. */
  readonly port?: number | undefined;
  /** What quotas are counted by. Default: the machine's. */
  readonly clock?: Clock | undefined;
}

/** A fake provider that runs. */
export interface FakeProvider extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Its certificate, PEM, to trust as `tls.ca`; undefined where it speaks no TLS. */
  readonly certificate: string | undefined;
  /** Every message that was taken, oldest first. */
  readonly received: readonly FakeMessage[];
  readonly counts: Readonly<FakeCounts>;
  /** Adds a fault while it runs. */
  fail(fault: FakeFault): void;
  /** From now on nothing goes wrong. */
  heal(): void;
  /** Drops every connection and stops. */
  close(): Promise<void>;
}

const known = {
  profile: true,
  accounts: true,
  limits: true,
  faults: true,
  tls: true,
  security: true,
  port: true,
  clock: true,
} satisfies Record<keyof FakeProviderOptions, true>;

/**
 * Starts a fake provider on 127.0.0.1.
 *
 * @param given A profile's name, or options.
 * @throws TestingError `WX_TEST_OPTION` for a profile, an option or a fault that does not exist
 * @example
 * await using provider = await startFakeProvider({ profile: "163", limits: { messagesPerDay: 1 } });
 * const { host, port } = provider;
 * const auth = { user: "mac@163.com", password: "ABCDEFGHIJKLMNOP" };
 * const backend = smtpBackend({ provider: "163", host, port, security: "none", allowPlaintextAuth: true, auth });
 */
export async function startFakeProvider(given: FakeProfileName | FakeProviderOptions = {}): Promise<FakeProvider> {
  const options = typeof given === "string" ? { profile: given } : given;
  const house = openHouse(options);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.setNoDelay(true));
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    void talk(house, socket);
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    certificate: house.certificate,
    received: house.received,
    counts: house.counts,
    fail: (fault) => house.faults.add(fault),
    heal: () => house.faults.clear(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function talk(house: House, socket: Socket): Promise<void> {
  const { counts } = house;
  const connection = (counts.connections += 1);
  counts.open += 1;
  const isEncrypted = house.security === "tls";
  try {
    const stream = new ClientStream(isEncrypted ? await house.secure(socket) : socket);
    await new Session(house, stream, { connection, isEncrypted }).run();
  } catch (error) {
    socket.destroy();
    if (!(error instanceof Gone)) throw error;
  } finally {
    // As with a server's process, the place is free as soon as the goodbye is said.
    counts.open -= 1;
  }
}

function openHouse(options: FakeProviderOptions): House {
  const unknown = findUnknownOption(options, Object.keys(known));
  if (unknown !== undefined) throw wrongOption(`startFakeProvider has no option ${unknown.name}. ${unknown.hint}`);
  const {
    profile: name = "postfix",
    accounts,
    faults = [],
    tls,
    security = tls === undefined ? "none" : "tls",
  } = options;
  if (!Object.hasOwn(fakeProfiles, name)) {
    throw wrongOption(
      `There is no profile ${JSON.stringify(name)}. There are: ${Object.keys(fakeProfiles).join(", ")}.`,
    );
  }
  const pair = security === "none" ? undefined : (tls ?? makeCertificate());
  const base = fakeProfiles[name];
  const profile: FakeProfile = { ...base, limits: { ...base.limits, ...options.limits } };
  return {
    profile,
    accounts,
    security,
    certificate: pair?.cert,
    secure: (socket) => upgrade(socket, pair),
    faults: new FaultPlan(faults),
    quotas: new Quotas(profile, options.clock ?? systemClock),
    received: [],
    counts: { connections: 0, open: 0, logIns: 0, refusedLogIns: 0, messages: 0 },
  };
}

async function upgrade(socket: Socket, pair: KeyAndCertificate | undefined): Promise<Socket> {
  const secured = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(pair) });
  const leaving = new AbortController();
  socket.once("close", () => leaving.abort());
  try {
    await once(secured, "secure", { signal: leaving.signal });
    return secured;
  } catch {
    throw new Gone();
  }
}

function wrongOption(message: string): TestingError {
  return new TestingError("WX_TEST_OPTION", message);
}
