/** Postfix with 32 messages on the way on each connection, undisturbed and killed in the middle: every answer is true. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createSmtpPool, type SmtpMessage, type SmtpOptions, type SmtpResult } from "../../src/smtp/index.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type MailServer, startMailServer, whyNoServer } from "./mail-server.ts";
import { deliveredBy, messageOf, without } from "./numbered-messages.ts";

const problem = whyNoServer("postfix");
const why = problem === undefined ? "" : ` (${problem})`;
const LIMITS = { timeout: 120_000 };
const MESSAGES = Number(process.env["WAXSEAL_TEST_MESSAGES"] ?? 2000);
const IN_FLIGHT = 32;
const CONNECTIONS = 4;

function* messages(): Generator<SmtpMessage> {
  for (let index = 0; index < MESSAGES; index += 1) {
    yield { envelope: { from: "sender@example.org", to: [`user${index % 7}@example.test`] }, bytes: messageOf(index) };
  }
}

/** Sends all, tells `onResult` of each, and returns what became of each in the order sent. */
async function sendAll({ port }: MailServer, onResult: () => void = () => {}): Promise<SmtpResult[]> {
  const options: SmtpOptions = { host: "127.0.0.1", port, security: "none" };
  await using pool = createSmtpPool({ ...options, maxConnections: CONNECTIONS, maxInFlight: IN_FLIGHT });
  const results: SmtpResult[] = [];
  for await (const result of pool.sendMany(messages())) {
    results[result.index] = result;
    onResult();
  }
  return results;
}

test.skipIf(problem !== undefined)(
  `each of ${MESSAGES} messages of a stream is delivered once and unchanged${why}`,
  LIMITS,
  async () => {
    await using server = await startMailServer("postfix", tempFolder());
    const results = await sendAll(server);
    expect(results.filter(({ receipt }) => receipt === undefined)).toEqual([]);
    const sent = results.map((_, index) => String(messageOf(index)));
    const delivered = await deliveredBy(server, MESSAGES);
    expect({ count: delivered.length, lost: without(sent, delivered) }).toEqual({ count: MESSAGES, lost: [] });
  },
);

test.skipIf(problem !== undefined)(
  `killed in the middle, it has all it was said to have, and nothing that it was not${why}`,
  LIMITS,
  async () => {
    const folder = tempFolder();
    const first = await startMailServer("postfix", folder);
    let told = 0;
    const killing: Promise<void>[] = [];
    const results = await sendAll(first, () => {
      told += 1;
      if (told === Math.floor(MESSAGES / 4)) killing.push(first.stop());
    });
    await Promise.all(killing);

    const numbersOf = (chosen: (result: SmtpResult) => boolean): number[] =>
      results.filter(chosen).map(({ index }) => index);
    const accepted = numbersOf(({ receipt }) => receipt !== undefined);
    const unknown = numbersOf(({ error }) => error?.outcome === "unknown");
    const notSent = numbersOf(({ error }) => error?.outcome === "not-sent");
    expect(accepted.length + unknown.length + notSent.length).toBe(MESSAGES);
    expect(accepted.length).toBeGreaterThanOrEqual(MESSAGES / 4 - IN_FLIGHT * CONNECTIONS);
    expect(notSent.length).toBeGreaterThan(0);
    expect(unknown.length).toBeLessThanOrEqual(IN_FLIGHT * CONNECTIONS);

    await using second = await startMailServer("postfix", folder);
    const queueIds = await queueIdsOf(second);
    const has = (index: number): boolean => queueIds.has(index);
    expect({ lost: accepted.filter((index) => !has(index)), ghosts: notSent.filter(has) }).toEqual({
      lost: [],
      ghosts: [],
    });
    // Postfix itself may deliver a message twice when it is killed, under one id: what comes twice from us has two.
    expect([...queueIds].filter(([, ids]) => ids.size > 1)).toEqual([]);
  },
);

/** The ids under which the server took each message, once it delivers no more. */
async function queueIdsOf(server: MailServer): Promise<Map<number, Set<string>>> {
  for (let count = -1, steady = 0; steady < 8;) {
    const now = await server.count();
    steady = now === count ? steady + 1 : 0;
    count = now;
    await sleep(250);
  }
  const ids = new Map<number, Set<string>>();
  for (const mail of await server.delivered()) {
    const text = mail.toString("latin1");
    const number = Number(/^X-Sent: (\d+)/m.exec(text)?.[1]);
    const id = /^\s+(?:by .* )?(?:with \w+ )?id (\w+)/m.exec(text)?.[1] ?? "";
    ids.set(number, (ids.get(number) ?? new Set()).add(id));
  }
  return ids;
}
