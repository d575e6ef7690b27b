/** Messages, rows, hooks and backends that are broken: each fails alone, in so many words, and those beside it go. */
import { expect, test } from "vitest";
import type { Receipt } from "../../src/mail/index.ts";
import { mailSink } from "../support/mail-sink.ts";
import { composedMail, inState, outboxOn, scriptedBackend } from "../support/outbox.ts";
import {
  eachUrl,
  expectWhole,
  migratedSqlite,
  opened,
  outboxProcesses,
  standings,
} from "../support/outbox-processes.ts";
import { until } from "../support/until.ts";

/** What a backend may throw in place of an Error. */
const thrown: Record<string, () => never> = {
  nothing: () => {
    throw undefined;
  },
  words: () => {
    throw "just words";
  },
  "an object without a prototype": () => {
    throw Object.create(null);
  },
  "an error that cannot be read": () => {
    throw Object.defineProperty(new Error("x"), "message", {
      get: () => {
        throw new Error("no");
      },
    });
  },
};

/** What a backend that took the message may forget to say. */
const forgotten: Record<string, unknown> = {
  "no receipt": undefined,
  "an empty receipt": {},
  "half a receipt": { server: 7, rejected: null },
};

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, number) => `${prefix}${number}`);

eachUrl((urlOf) => {
  test("a backend that throws what is no error, and one that forgets its receipt, cost nobody else", async () => {
    const url = await urlOf();
    const { backend, sent } = scriptedBackend(({ to: [address = ""] }) => {
      const name = address.slice(0, -5).replaceAll(".", " ");
      thrown[name]?.();
      return (
        name in forgotten ? forgotten[name] : { server: "mx", accepted: [address], rejected: [], response: "250" }
      ) as Receipt;
    });
    const outbox = outboxOn(await opened(url), backend);
    const to = (name: string): string[] => [`${name.replaceAll(" ", ".")}@x.cn`];
    const failing: string[] = [];
    for (const name of Object.keys(thrown)) failing.push(await outbox.enqueue(composedMail(name, to(name))));
    const forgetful: string[] = [];
    for (const name of Object.keys(forgotten)) forgetful.push(await outbox.enqueue(composedMail(name, to(name))));
    const good = await outbox.enqueueMany(
      numbered("good", 50).map((name) => ({ message: composedMail(name, to(name)) })),
    );
    outbox.start();
    for (const id of [...forgetful, ...good]) expect((await inState(outbox, id, "sent")).attempts).toBe(1);
    for (const id of failing) {
      const message = await until(async () => {
        const found = await outbox.get(id);
        return found !== undefined && found.attempts > 0 && found;
      });
      expect(message.history[0]).toMatchObject({ outcome: "deferred", text: expect.stringMatching(/./) });
    }
    expect(sent.filter(({ to: [address = ""] }) => address.startsWith("good"))).toHaveLength(50);
    for (const name of Object.keys(forgotten)) {
      expect(sent.filter((each) => each.to[0] === to(name)[0])).toHaveLength(1);
    }
    await expectWhole(url);
  });

  test("a listener that throws, a renderer that throws and a mailer that is gone cost nobody else", async () => {
    const url = await urlOf();
    const database = await opened(url);
    const { backend, sent } = scriptedBackend();
    const alarms: string[] = [];
    const isGone = { now: false };
    const outbox = outboxOn(database, backend, {
      mailer: (name) => {
        if (name === "gone" && isGone.now) throw new Error("There is no mailer gone.");
        return backend;
      },
      logger: { log: (_level, event) => void alarms.push(event) },
      renderer: {
        render: () => {
          throw "a template that throws words";
        },
      },
      sinks: [
        {
          announce: () => {
            throw new Error("a listener's own fault");
          },
        },
      ],
    });
    const bulk = await outbox.enqueue(composedMail("bulk"));
    await database.kysely.updateTable("outbox_messages").set({ bulk_id: "b", variables: "{" }).execute();
    await database.kysely.deleteFrom("outbox_bodies").execute();
    const gone = await outbox.enqueue(composedMail("gone"), { using: "gone" });
    isGone.now = true;
    const good: string[] = [];
    for (const name of numbered("good", 20)) good.push(await outbox.enqueue(composedMail(name)));
    outbox.start();
    for (const id of good) await inState(outbox, id, "sent");
    expect((await inState(outbox, bulk, "failed")).recipients[0]?.detail).toContain("a template that throws words");
    expect((await inState(outbox, gone, "deferred")).history[0]?.text).toContain("There is no mailer gone");
    expect(sent).toHaveLength(20);
    expect(alarms).toContain("outbox.sink-failed");
  });
});

test(
  "a message whose worker dies each time is failed by the fifth death, and those beside it are sent",
  { timeout: 60_000 },
  async () => {
    const url = await migratedSqlite();
    const sink = await mailSink();
    const outbox = outboxOn(await opened(url), scriptedBackend().backend);
    const poison = await outbox.enqueue(composedMail("poison"));
    for (const name of numbered("good", 6)) await outbox.enqueue(composedMail(name));
    const start = await outboxProcesses({ url, port: sink.port, leaseMs: 300, delivers: true, perConnection: 1 });
    let deaths = 0;
    let worker = start({ name: "w0" });
    sink.at(async ({ step, client, messageId }) => {
      if (step !== "no-dot" || messageId !== "<poison@x.cn>" || client !== worker.name) return undefined;
      deaths++;
      await worker.kill();
      worker = start({ name: `w${deaths}` });
      return "drop";
    });
    await until(async () => (await standings(url)).get("<poison@x.cn>")?.state === "failed");
    await until(async () => [...(await standings(url)).values()].every(({ state }) => /sent|failed/.test(state)));
    expect(deaths).toBe(5);
    const message = await outbox.get(poison);
    expect(message?.history.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => "interrupted"));
    expect(message?.recipients[0]?.detail).toContain("5 workers in a row");
    expect(sink.counts().has("<poison@x.cn>")).toBe(false);
    for (const [messageId, state] of await standings(url)) {
      if (messageId !== "<poison@x.cn>") expect(state).toMatchObject({ state: "sent" });
    }
    for (const name of numbered("good", 6)) {
      const { history } = (await standings(url)).get(`<${name}@x.cn>`) ?? expect.unreachable();
      expect(sink.counts().get(`<${name}@x.cn>`)).toBeLessThanOrEqual(history.length);
    }
  },
);
