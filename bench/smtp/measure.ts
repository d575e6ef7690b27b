/** Lets clients send in turns, round by round, and compares the time and the CPU that a message takes. */
import { type Outcome, spreadOf } from "../support/compare.ts";

/** What a number of messages took. */
export interface Took {
  readonly wallMs: number;
  /** CPU of the client alone. */
  readonly cpuMs: number;
}

export interface Client {
  readonly name: string;
  run(times: number): Promise<Took>;
  close(): void;
}

export interface Pace {
  readonly warmUpMs: number;
  readonly turnMs: number;
  readonly rounds: number;
}

/** The two outcomes of a comparison: by time, and by CPU. */
export interface Compared {
  readonly byTime: Outcome;
  readonly byCpu: Outcome;
}

/** Every client warms up, then each takes one turn a round, in an order that rotates. The first is the baseline. */
export async function race(title: string, clients: readonly Client[], pace: Pace): Promise<Compared> {
  const loads = new Map<Client, number>();
  for (const client of clients) loads.set(client, await warmUp(client, pace));
  const taken = new Map<Client, Took[]>(clients.map((client) => [client, []]));
  for (let round = 0; round < pace.rounds; round++) {
    for (let turn = 0; turn < clients.length; turn++) {
      const client = clients[(round + turn) % clients.length];
      if (client === undefined) continue;
      const times = loads.get(client) ?? 1;
      const { wallMs, cpuMs } = await client.run(times);
      taken.get(client)?.push({ wallMs: wallMs / times, cpuMs: cpuMs / times });
    }
  }
  return {
    byTime: outcome(title, "wall", taken, ({ wallMs }) => wallMs),
    byCpu: outcome(`${title}: CPU of the client`, "cpu", taken, ({ cpuMs }) => cpuMs),
  };
}

/** Sends for the time given; returns how many messages fill a turn then. */
async function warmUp(client: Client, { warmUpMs, turnMs }: Pace): Promise<number> {
  let times = 10;
  for (const end = Date.now() + warmUpMs; ;) {
    const { wallMs } = await client.run(times);
    const filling = Math.max(1, Math.round((times * turnMs) / Math.max(wallMs, 0.01)));
    if (Date.now() >= end && wallMs >= turnMs / 3) return filling;
    times = Math.min(times * 5, Math.max(filling, 10));
  }
}

function outcome(
  title: string,
  by: Outcome["by"],
  taken: ReadonlyMap<Client, Took[]>,
  figure: (took: Took) => number,
): Outcome {
  const [[baseline, base] = [undefined, []]] = taken;
  const standings = [...taken].map(([client, own]) => ({
    name: client.name,
    microseconds: spreadOf(own.map((took) => figure(took) * 1000)),
    ratio: spreadOf(own.map((took, round) => figure(base[round] ?? took) / figure(took))),
  }));
  return { title, baseline: baseline?.name ?? "", by, standings };
}
