import { expect, test } from "vitest";
import { serveScripted as serve } from "../../test/support/scripted-pool.ts";
import type { Peer } from "../../test/support/scripted-smtp.ts";
import type { SmtpMessage, SmtpResult } from "./index.ts";

const MESSAGE = Buffer.from("Subject: hello\r\n\r\nDear Ann.\r\n");
const messageTo = (name: string): SmtpMessage => ({
  envelope: { from: "", to: [`${name}@example.com`] },
  bytes: MESSAGE,
});

async function honest(peer: Peer): Promise<void> {
  await peer.greet("PIPELINING");
  for (;;) {
    const line = await peer.line();
    if (line.includes("<bad@")) await peer.say("550 5.1.1 no such user\r\n");
    else if (line !== "DATA") await peer.say(line === "QUIT" ? "221 bye\r\n" : "250 ok\r\n");
    else {
      await peer.say("354 go\r\n");
      await peer.content();
      await peer.say("250 taken\r\n");
    }
  }
}

async function all(results: AsyncIterable<SmtpResult>): Promise<SmtpResult[]> {
  const found: SmtpResult[] = [];
  for await (const result of results) found.push(result);
  return found.toSorted((one, other) => one.index - other.index);
}

test("every message of a list has a result at its index, the refused ones too", async () => {
  const { pool } = await serve(honest);
  const names = Array.from({ length: 40 }, (_, index) => (index % 10 === 3 ? "bad" : "ann"));
  const results = await all(pool.sendMany(names.map(messageTo)));
  expect(results.map(({ index }) => index)).toEqual([...names.keys()]);
  expect(results.map(({ error }) => error?.code ?? "ok")).toEqual(
    names.map((name) => (name === "bad" ? "WX_SMTP_REFUSED" : "ok")),
  );
  expect(results[0]?.receipt?.response).toBe("250 taken");
});

test("messages are taken from a stream only as fast as results are taken", async () => {
  const { pool } = await serve(honest);
  let given = 0;
  async function* source(): AsyncGenerator<SmtpMessage> {
    for (; given < 100;) {
      given += 1;
      yield messageTo("ann");
    }
  }
  let taken = 0;
  for await (const { error } of pool.sendMany(source(), { concurrency: 5 })) {
    expect(error).toBeUndefined();
    taken += 1;
    expect(given - taken).toBeLessThanOrEqual(5);
  }
  expect(taken).toBe(100);
});

test("who stops taking results ends the stream, and its source is told", async () => {
  const { pool } = await serve(honest);
  let closed = false;
  function* source(): Generator<SmtpMessage> {
    try {
      for (;;) yield messageTo("ann");
    } finally {
      closed = true;
    }
  }
  for await (const { index } of pool.sendMany(source(), { concurrency: 2 })) if (index >= 3) break;
  expect(closed).toBe(true);
});

test("what the source throws comes out after the results of what it gave", async () => {
  const { pool } = await serve(honest);
  function* source(): Generator<SmtpMessage> {
    yield messageTo("ann");
    throw new Error("the database is gone");
  }
  const results: SmtpResult[] = [];
  const reading = async (): Promise<void> => {
    for await (const result of pool.sendMany(source())) results.push(result);
  };
  await expect(reading()).rejects.toThrow("the database is gone");
  expect(results).toHaveLength(1);
});

test("an abort ends the stream: those on the way fail, and no more are taken", async () => {
  const { pool } = await serve(async (peer) => {
    await peer.greet();
    await peer.gone();
  });
  const stop = new AbortController();
  function* source(): Generator<SmtpMessage> {
    for (let index = 0; ; index += 1) {
      if (index === 2) stop.abort();
      yield messageTo("ann");
    }
  }
  const results = await all(pool.sendMany(source(), { signal: stop.signal, concurrency: 10 }));
  expect(results.map(({ error }) => error?.code)).toEqual(["WX_SMTP_ABORTED", "WX_SMTP_ABORTED"]);
});

test("results may be asked for ahead", async () => {
  const { pool } = await serve(honest);
  const results = pool.sendMany([messageTo("ann"), messageTo("bob")])[Symbol.asyncIterator]();
  const asked = await Promise.all([results.next(), results.next(), results.next()]);
  expect(asked.map(({ done }) => done)).toEqual([false, false, true]);
});

test("no more are sent at once than may wait, and at least one must be", async () => {
  const { pool } = await serve(honest, { maxWaiting: 2, maxConnections: 1 });
  const results = await all(
    pool.sendMany(
      Array.from({ length: 20 }, () => messageTo("ann")),
      { concurrency: 50 },
    ),
  );
  expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(() => pool.sendMany([], { concurrency: 0 })).toThrow("concurrency is 0");
});

test("what is no message is a result among the others, which all come", async () => {
  const { pool } = await serve(honest);
  const { envelope } = messageTo("ann");
  const given: unknown[] = [
    messageTo("ann"),
    { to: ["ann@example.com"], text: "World" },
    { envelope: { from: "", to: "ann@example.com" }, bytes: MESSAGE },
    { envelope, bytes: "Subject: hello" },
    messageTo("ann"),
  ];
  const results = await all(pool.sendMany(given as SmtpMessage[]));
  expect(results.map(({ error }) => error?.message ?? "ok")).toEqual([
    "ok",
    expect.stringContaining("has no envelope. Give { envelope: { from, to }, bytes }"),
    expect.stringContaining('`to` is no list. Write ["ann@example.com"]'),
    expect.stringContaining("bytes are no Buffer or Uint8Array"),
    "ok",
  ]);
});

test("nothing at all in the place of a message ends the stream with an error, after the others' results", async () => {
  const { pool } = await serve(honest);
  const results: SmtpResult[] = [];
  const reading = (async () => {
    for await (const result of pool.sendMany([messageTo("ann"), undefined as unknown as SmtpMessage])) {
      results.push(result);
    }
  })();
  await expect(reading).rejects.toThrow(TypeError);
  expect(results).toHaveLength(1);
});

test.each(["abc", undefined, null, 5])("%j is no iterable of messages", async (messages) => {
  const { pool } = await serve(honest);
  const given = messages as unknown as SmtpMessage[];
  expect(() => pool.sendMany(given)).toThrow(expect.objectContaining({ code: "WX_SMTP_OPTIONS" }) as Error);
});
