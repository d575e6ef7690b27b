/** The gauges: what the database and the connections are like at the moment they are asked for. */
import type { Gauge, Registry } from "prom-client";
import type { Backend } from "../../../mail/index.ts";
import type { OutboxHealth } from "../../types.ts";
import type { Depth } from "./depth.ts";

export interface GaugeSources {
  /** Undefined where the database cannot say. */
  depth: () => Promise<Depth | undefined>;
  /** Undefined where no outbox is watched, or the database cannot say. */
  health: () => Promise<OutboxHealth | undefined>;
  now: () => number;
  /** By the mailer's name. */
  backends: ReadonlyMap<string, Backend>;
}

type Prom = typeof import("prom-client");

/** Registers the gauges; each asks its source when it is read. */
export function registerGauges(prom: Prom, registry: Registry, sources: GaugeSources): void {
  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    fill: (gauge: Gauge, depth: Depth) => void,
  ): void => {
    const created = new prom.Gauge({
      name: `waxseal_${name}`,
      help,
      labelNames,
      registers: [],
      async collect() {
        this.reset();
        const depth = await sources.depth();
        if (depth !== undefined) fill(this, depth);
      },
    });
    registry.registerMetric(created);
  };

  gauge(
    "outbox_messages",
    "Messages that will be tried: due now, or later (a retry, a date, a limit, being sent). Counted to 100000.",
    ["state", "mailer", "priority"],
    (messages, { waiting }) => {
      for (const { mailer, priority, due, later } of waiting) {
        messages.set({ state: "due", mailer, priority }, due);
        messages.set({ state: "later", mailer, priority }, later);
      }
    },
  );
  gauge(
    "outbox_messages_by_state",
    "Messages that are not sent, by where they stand. Counted to 100000.",
    ["state"],
    (messages, { byState }) => {
      for (const [state, count] of byState) messages.set({ state }, count);
    },
  );
  gauge(
    "outbox_oldest_age_seconds",
    "How long the message that has been due longest has been due; 0 where none is.",
    ["mailer"],
    (age, { waiting }) => {
      for (const mailer of new Set(waiting.map((each) => each.mailer))) age.set({ mailer }, ageOf(mailer, waiting));
    },
  );
  function ageOf(mailer: string, waiting: Depth["waiting"]): number {
    const times = waiting.flatMap((each) => (each.mailer === mailer ? (each.oldestDueAt ?? []) : []));
    return Math.max(0, sources.now() - Math.min(...times)) / 1000;
  }
  gauge("outbox_paused_scopes", "Scopes that must rest, by kind.", ["scope"], (scopes, { paused }) => {
    for (const [scope, count] of paused) scopes.set({ scope }, count);
  });
  gauge(
    "webhook_calls_waiting",
    "Webhook calls that will be made. Counted to 100000.",
    ["endpoint"],
    (waiting, { calls }) => {
      for (const [endpoint, count] of calls) waiting.set({ endpoint }, count);
    },
  );
  registerLate(prom, registry, sources.health);
  registerConnections(prom, registry, sources.backends);
}

function registerLate(prom: Prom, registry: Registry, health: GaugeSources["health"]): void {
  const late = new prom.Gauge({
    name: "waxseal_outbox_late",
    help: "1 while mail is late: nobody sends what could go, or a fault keeps it back. What a limit keeps back is not late.",
    registers: [],
    async collect() {
      this.remove();
      const found = await health();
      if (found !== undefined) this.set(found.ok ? 0 : 1);
    },
  });
  registry.registerMetric(late);
}

function registerConnections(prom: Prom, registry: Registry, backends: GaugeSources["backends"]): void {
  const connections = new prom.Gauge({
    name: "waxseal_connections",
    help: "SMTP connections of this process, busy or idle, and messages that wait for one.",
    labelNames: ["mailer", "state"],
    registers: [],
    collect() {
      this.reset();
      for (const [mailer, backend] of backends) {
        const now = backend.connections?.();
        if (now === undefined) continue;
        this.set({ mailer, state: "busy" }, now.open - now.idle);
        this.set({ mailer, state: "idle" }, now.idle);
        this.set({ mailer, state: "waiting" }, now.waiting);
      }
    },
  });
  registry.registerMetric(connections);
}
