import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createScriptedSmtp, type Peer } from "../../../test/support/scripted-smtp.ts";
import { type Backend, receiptForAll, type RecipientRefusal } from "../backend.ts";
import { DeliveryError, type DeliveryFailure } from "../errors.ts";
import { failover } from "./failover.ts";
import { memoryBackend } from "./memory.ts";
import { roundrobin } from "./roundrobin.ts";
import { smtpBackend } from "./smtp.ts";

const envelope = { from: "a@example.com", to: ["b@example.com"], tags: ["welcome"] };
const bytes = Buffer.from("Subject: x\r\n\r\ny\r\n");

/** A clock that a test moves. */
function movableClock(): { now: () => number; sleep: () => Promise<void>; time: number } {
  const clock = { time: 1_000_000, now: () => clock.time, sleep: async () => {} };
  return clock;
}

interface Recorded extends Backend {
  calls: (readonly string[])[];
  failure: DeliveryFailure | undefined;
}

/** A way that fails as it is told, and writes down for whom it was asked. */
function way(failure?: Partial<DeliveryFailure>): Recorded {
  const backend: Recorded = {
    calls: [],
    failure: failure && { retryable: false, outcome: "not-sent", ...failure },
    send: async (given) => {
      backend.calls.push(given.to);
      if (backend.failure !== undefined) throw new DeliveryError("It failed.", backend.failure);
      return receiptForAll(given, "way");
    },
  };
  return backend;
}

function refusal(address: string, retryable: boolean): RecipientRefusal {
  return { address, retryable, code: retryable ? 450 : 550, enhancedCode: "", text: "no" };
}

test.each<[string, Partial<DeliveryFailure>]>([
  ["no connection", { stage: "connect", retryable: true }],
  ["a certificate that is not to be trusted", { stage: "tls" }],
  ["a refused log-in", { stage: "auth", replyCode: 535 }],
  ["a sender that this account may not use", { stage: "mail", replyCode: 553 }],
  ["4xx for the message", { stage: "final", retryable: true, replyCode: 451 }],
  [
    "recipients that are all deferred",
    { stage: "rcpt", retryable: true, recipients: [refusal("b@example.com", true)] },
  ],
  ["what an API has no field for", { stage: "unsupported" }],
])("after %s the next way is tried", async (_what, failure) => {
  const [first, second] = [way(failure), way()];
  const receipt = await failover([first, second]).send(envelope, bytes);
  expect(receipt.accepted).toEqual(["b@example.com"]);
  expect([first.calls.length, second.calls.length]).toEqual([1, 1]);
});

test.each<[string, Partial<DeliveryFailure>]>([
  ["an unknown outcome", { stage: "final", outcome: "unknown", retryable: true }],
  ["an unknown outcome while connecting, as a backend of the user's may say", { stage: "connect", outcome: "unknown" }],
  ["a refusal of the content", { stage: "final", replyCode: 554 }],
  ["a message that is too large", { stage: "mail", replyCode: 552 }],
  ["an envelope that no server is asked about", { stage: "mail" }],
  ["recipients who do not exist", { stage: "rcpt", replyCode: 550, recipients: [refusal("b@example.com", false)] }],
])("after %s the search is over", async (_what, failure) => {
  const [first, second] = [way(failure), way()];
  await expect(failover([first, second]).send(envelope, bytes)).rejects.toMatchObject({ stage: failure.stage });
  expect([first.calls.length, second.calls.length]).toEqual([1, 0]);
  await failover([second, first]).send(envelope, bytes);
  expect(second.calls.length).toBe(1);
});

test("a fault of the program is thrown as it is", async () => {
  const broken: Backend = { send: () => Promise.reject(new TypeError("oops")) };
  const second = way();
  await expect(failover([broken, second]).send(envelope, bytes)).rejects.toThrow(TypeError);
  expect(second.calls).toEqual([]);
});

test("what failed rests, and is asked again after its time", async () => {
  const clock = movableClock();
  const [first, second] = [way({ stage: "connect", retryable: true }), way()];
  const backend = failover([first, second], { restMs: 60_000, clock });
  await backend.send(envelope, bytes);
  clock.time += 59_999;
  await backend.send(envelope, bytes);
  expect([first.calls.length, second.calls.length]).toEqual([1, 2]);
  clock.time += 1;
  first.failure = undefined;
  await backend.send(envelope, bytes);
  await backend.send(envelope, bytes);
  expect([first.calls.length, second.calls.length]).toEqual([3, 2]);
});

test("a provider that asks for a longer rest gets it", async () => {
  const clock = movableClock();
  const first = way({ stage: "response", retryable: true, retryAfterMs: 300_000 });
  const backend = failover([first, way()], { clock });
  await backend.send(envelope, bytes);
  clock.time += 299_999;
  await backend.send(envelope, bytes);
  expect(first.calls.length).toBe(1);
});

test("a deferred recipient says nothing about the way, so it does not rest", async () => {
  const first = way({ stage: "rcpt", retryable: true, recipients: [refusal("b@example.com", true)] });
  const backend = failover([first, way()]);
  await backend.send(envelope, bytes);
  await backend.send(envelope, bytes);
  expect(first.calls.length).toBe(2);
});

test("when all rest, the one that has rested longest is tried first", async () => {
  const clock = movableClock();
  const order: string[] = [];
  const lost = (name: string): Backend => ({
    send: async () => {
      order.push(name);
      throw new DeliveryError(`${name} is lost`, { retryable: true, outcome: "not-sent", stage: "connect" });
    },
  });
  const ways = [lost("a"), lost("b"), lost("c")];
  const backend = roundrobin(ways, { clock });
  clock.time += 1;
  await expect(backend.send(envelope, bytes)).rejects.toThrow(
    "No way out took the message. a is lost. b is lost. c is lost.",
  );
  expect(order).toEqual(["a", "b", "c"]);
  await expect(backend.send(envelope, bytes)).rejects.toThrow(DeliveryError);
  expect(order.slice(3).toSorted()).toEqual(["a", "b", "c"]);

  const slow = failover(
    ways.map((each) => ({
      send: (...given: Parameters<Backend["send"]>) => {
        clock.time += 10;
        return each.send(...given);
      },
    })),
    { clock, restMs: 25 },
  );
  order.length = 0;
  await expect(slow.send(envelope, bytes)).rejects.toThrow(DeliveryError);
  expect(order).toEqual(["a", "b", "c"]);
  clock.time += 6; // a's rest is over by now; b's and c's are not
  await expect(slow.send(envelope, bytes)).rejects.toThrow(DeliveryError);
  expect(order.slice(3)).toEqual(["a", "b", "c"]);
});

test("a way that rests is tried last, before a message is turned away", async () => {
  const [first, second] = [way({ stage: "response", retryable: true }), way()];
  const backend = failover([first, second], { clock: movableClock() });
  await backend.send(envelope, bytes);
  first.failure = undefined;
  second.failure = { stage: "auth", retryable: false, outcome: "not-sent" };
  expect(await backend.send(envelope, bytes)).toMatchObject({ accepted: ["b@example.com"] });
  expect([first.calls.length, second.calls.length]).toEqual([2, 2]);
});

test("whom one way refused for good the next is not asked about, and the receipt names them", async () => {
  const to = ["gone@example.com", "b@example.com"];
  const recipients = [refusal("gone@example.com", false), refusal("b@example.com", true)];
  const [first, second] = [way({ stage: "rcpt", retryable: true, recipients }), way()];
  const receipt = await failover([first, second]).send({ ...envelope, to }, bytes);
  expect(second.calls).toEqual([["b@example.com"]]);
  expect(receipt).toMatchObject({ accepted: ["b@example.com"], rejected: [{ address: "gone@example.com" }] });
});

test("a refusal made before the connection was lost is kept too", async () => {
  const to = ["gone@example.com", "b@example.com"];
  const recipients = [refusal("gone@example.com", false)];
  const [first, second] = [
    way({ stage: "rcpt", retryable: true, recipients }),
    way({ stage: "final", replyCode: 554 }),
  ];
  const error: unknown = await failover([first, second])
    .send({ ...envelope, to }, bytes)
    .catch((reason: unknown) => reason);
  expect(second.calls).toEqual([["b@example.com"]]);
  expect(error).toMatchObject({ replyCode: 554, retryable: false, recipients });
});

test("a receipt that names anybody as accepted ends the search: nobody gets it twice", async () => {
  const to = ["b@example.com", "busy@example.com"];
  const first: Backend = {
    send: async () => ({
      server: "first",
      accepted: ["b@example.com"],
      rejected: [refusal("busy@example.com", true)],
      response: "",
    }),
  };
  const second = way();
  const receipt = await failover([first, second]).send({ ...envelope, to }, bytes);
  expect(receipt.rejected).toEqual([refusal("busy@example.com", true)]);
  expect(second.calls).toEqual([]);
});

test("when all fail, the error speaks for all: worth another try if any is", async () => {
  const failures = [way({ stage: "connect", retryable: true, retryAfterMs: 5000 }), way({ stage: "auth" })];
  const error: unknown = await failover(failures)
    .send(envelope, bytes)
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "WX_DELIVERY_DEFERRED", retryable: true, stage: "auth" });
  expect((error as Error).cause).toBeInstanceOf(AggregateError);
  expect((error as DeliveryError).retryAfterMs).toBeUndefined();
});

test("who gives up is not sent by the next way", async () => {
  const controller = new AbortController();
  const first: Backend = {
    send: async () => {
      controller.abort();
      throw new DeliveryError("Given up.", { retryable: true, outcome: "not-sent", stage: "connect" });
    },
  };
  const second = way();
  const sent = failover([first, second]).send(envelope, bytes, { signal: controller.signal });
  await expect(sent).rejects.toThrow("Given up.");
  expect(second.calls).toEqual([]);
});

test("roundrobin takes turns, and hands each the whole envelope", async () => {
  const memories = [memoryBackend(), memoryBackend(), memoryBackend()];
  const backend = roundrobin(memories);
  for (let count = 0; count < 7; count++) await backend.send(envelope, bytes);
  expect(memories.map(({ outbox }) => outbox.length)).toEqual([3, 2, 2]);
  expect(memories[0]?.outbox[0]).toEqual({ envelope, bytes: new Uint8Array(bytes) });
});

test("open, verify and close go to all, also where some fail", async () => {
  const called: string[] = [];
  const member = (name: string, fails = false): Backend => ({
    ...way(),
    open: async () => void called.push(`open ${name}`),
    verify: async () => {
      called.push(`verify ${name}`);
      if (fails) throw new DeliveryError(`${name} is down`, { retryable: true, outcome: "not-sent" });
    },
    close: async () => void called.push(`close ${name}`),
  });
  const backend = failover([member("a", true), way(), member("b")]);
  await backend.open?.();
  await expect(backend.verify?.()).rejects.toThrow("a is down");
  await backend[Symbol.asyncDispose]?.();
  expect(called).toEqual(["open a", "open b", "verify a", "verify b", "close a", "close b"]);
  await expect(failover([member("a", true), member("b", true)]).verify?.()).rejects.toThrow(AggregateError);
});

test("wrong arguments are refused by name", () => {
  expect(() => failover([])).toThrow("failover: backends must be a list");
  // @ts-expect-error no backend
  expect(() => roundrobin([way(), {}])).toThrow("roundrobin: backends[1] is no backend");
  // @ts-expect-error values, not a list
  expect(() => failover(way(), way())).toThrow("backends must be a list");
  // @ts-expect-error no such option
  expect(() => failover([way()], { restMS: 1 })).toThrow("failover: restMS is no option. Did you mean restMs?");
  expect(() => failover([way()], { restMs: Number.NaN })).toThrow("restMs is NaN");
});

test("over real sockets: a dead server, then one that loses the connection after the message; no third is asked", async () => {
  const dead = createServer().listen(0, "127.0.0.1");
  await once(dead, "listening");
  const { port } = dead.address() as AddressInfo;
  await new Promise((resolve) => dead.close(resolve));
  const losing = await createScriptedSmtp(async (peer: Peer) => {
    await peer.greet();
    await peer.ok("MAIL");
    await peer.ok("RCPT");
    await peer.line();
    await peer.say("354 go on\r\n");
    await peer.content();
    peer.close("reset");
  });
  onTestFinished(() => losing.close());
  const third = memoryBackend();
  const smtp = (at: number): Backend => smtpBackend({ host: "127.0.0.1", port: at, security: "none" });
  const backend = failover([smtp(port), smtp(losing.port), third]);
  onTestFinished(() => backend.close?.());
  await expect(backend.send(envelope, bytes)).rejects.toMatchObject({ code: "WX_DELIVERY_UNKNOWN" });
  expect(losing.conversations.length).toBe(1);
  expect(third.outbox).toEqual([]);
});
