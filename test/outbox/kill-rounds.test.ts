/**
 * `kill -9` of producers and workers, round after round: what was acknowledged arrives, and twice only what a dead worker
 * had in its hands. `WAXSEAL_TEST_RUNS=500` for 500 rounds.
 */
import { expect, test } from "vitest";
import { type MailSink, mailSink, type SinkStep } from "../support/mail-sink.ts";
import { outboxOn, scriptedBackend } from "../support/outbox.ts";
import {
  eachUrl,
  expectWhole,
  opened,
  type OutboxProcess,
  outboxProcesses,
  type Standing,
  standings,
} from "../support/outbox-processes.ts";
import { until } from "../support/until.ts";

const ROUNDS = Number(process.env["WAXSEAL_TEST_RUNS"] ?? 20);
const LEASE_MS = 1_000;

/** In the middle of a conversation: where a kill hurts. */
const steps: readonly SinkStep[] = ["mail", "data", "half", "no-dot", "dot", "answered"];

interface Crew {
  alive: OutboxProcess[];
  /** The names of those that were killed. */
  killed: Set<string>;
  /** The Message-IDs that a producer was answered for. */
  acknowledged: Set<string>;
}

/** Three processes: one enqueues, one delivers, one does both. */
const duties = [{ enqueues: true }, { delivers: true }, { enqueues: true, delivers: true }] as const;

/** Kills one of them now, or in the middle of its next conversation, and starts another in its place. */
async function round(
  crew: Crew,
  number: number,
  sink: MailSink,
  start: Awaited<ReturnType<typeof outboxProcesses>>,
): Promise<void> {
  const duty = number % duties.length;
  const victim = crew.alive[duty] ?? expect.unreachable();
  await victim.says(/^ready$/);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
  const isInTalk = duty > 0 && number % 2 === 0;
  if (isInTalk) await inTalk(sink, victim.name, steps[number % steps.length] ?? "dot", () => victim.signal("SIGKILL"));
  await victim.kill();
  crew.killed.add(victim.name);
  acknowledge(crew, victim);
  crew.alive[duty] = start({ name: `w${number}`, ...duties[duty] });
}

/** Does `deed` when the client is at that step of a conversation, before the server goes on; or after half a second without one. */
async function inTalk(sink: MailSink, name: string, at: SinkStep, deed: () => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 500);
    sink.at(({ client, step }) => {
      if (client !== name || step !== at) return;
      sink.at(() => undefined);
      clearTimeout(timer);
      deed();
      resolve();
    });
  });
  sink.at(() => undefined);
}

function acknowledge(crew: Crew, { lines }: OutboxProcess): void {
  for (const line of lines) if (line.startsWith("took ")) crew.acknowledged.add(line.slice(5));
}

/** Until nothing waits; what was failed by a fifth death in a row, as hundreds of kills may bring about, a person sends again. */
async function finish(url: string): Promise<ReadonlyMap<string, Standing>> {
  const nothingWaits = async (): Promise<ReadonlyMap<string, Standing> | false> => {
    const rows = await standings(url);
    return [...rows.values()].every(({ state }) => /^(?:sent|unknown|failed)$/.test(state)) && rows;
  };
  for (;;) {
    const rows = await until(nothingWaits);
    const failed = [...rows.values()].filter(({ state }) => state === "failed");
    if (failed.length === 0) return rows;
    for (const { history } of failed) expect(history.slice(-5)).toEqual(Array.from({ length: 5 }, () => "interrupted"));
    expect(await outboxOn(await opened(url), scriptedBackend().backend).redrive({ state: "failed" })).toBe(
      failed.length,
    );
  }
}

eachUrl((urlOf, dialect) => {
  test(
    "no acknowledged message is lost, and none comes twice but those that a killed worker held",
    { timeout: 60_000 + ROUNDS * 5_000 },
    async () => {
      const url = await urlOf();
      const sink = await mailSink();
      const start = await outboxProcesses({ url, port: sink.port, leaseMs: LEASE_MS });
      const crew: Crew = { alive: [], killed: new Set(), acknowledged: new Set() };
      crew.alive = duties.map((duty, index) => start({ name: `first${index}`, ...duty }));
      for (let number = 0; number < ROUNDS; number++) await round(crew, number, sink, start);
      for (const each of crew.alive.filter((_, duty) => duty !== 1)) {
        await each.kill();
        crew.killed.add(each.name);
        acknowledge(crew, each);
      }
      const rows = await finish(url);
      await expectWhole(url);

      const copies = sink.counts();
      expect(crew.acknowledged.size).toBeGreaterThan(ROUNDS);
      expect([...crew.acknowledged].filter((id) => !rows.has(id))).toEqual([]);
      expect([...copies.keys()].filter((id) => !rows.has(id))).toEqual([]);
      for (const { messageId, state, history } of rows.values()) {
        const count = copies.get(messageId) ?? 0;
        const deaths = history.filter((outcome) => outcome === "interrupted").length;
        const row = JSON.stringify({ messageId, state, history, count });
        expect(
          history.filter((outcome) => outcome !== "interrupted" && outcome !== "sent"),
          row,
        ).toEqual([]);
        if (state === "sent") expect(count, row).toBeGreaterThanOrEqual(1);
        expect(count, row).toBeLessThanOrEqual(1 + deaths);
        if (messageId.includes(".h@")) expect(count, row).toBeLessThanOrEqual(1);
        else expect(state, row).toBe("sent");
      }
      expectFromTheDead(sink, crew.killed);
      const deaths = [...rows.values()].flatMap(({ history }) =>
        history.filter((outcome) => outcome === "interrupted"),
      );
      expect(deaths.length).toBeGreaterThan(0); // kills came in the middle of deliveries
      console.info(
        `${dialect}: ${ROUNDS} rounds, ${crew.acknowledged.size} acknowledged, ${rows.size} stored, ${sink.copies.length} copies, ${deaths.length} interrupted`,
      );
    },
  );
});

/** Seen at the server alone: a worker sends no message twice, and only those who were killed have sent what came again. */
function expectFromTheDead(sink: MailSink, killed: ReadonlySet<string>): void {
  const senders = new Map<string, string[]>();
  for (const { messageId, client } of sink.copies) {
    senders.set(messageId, [...(senders.get(messageId) ?? []), client]);
  }
  for (const [messageId, clients] of senders) {
    const row = `${messageId} from ${clients.join(", ")}`;
    expect(new Set(clients).size, row).toBe(clients.length);
    expect(
      clients.slice(0, -1).filter((client) => !killed.has(client)),
      row,
    ).toEqual([]);
  }
}
