/** What is simulated. The providers' figures are assumptions, chosen to be of the size that providers publish. */
import type { Scenario } from "./simulate.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How much of each there is: 1 for a run of some minutes; what a quota makes slow is as it is. */
export function scenarios(size: number): Scenario[] {
  const many = (count: number): number => Math.max(1, Math.round(count * size));
  const fast = { default: { latencyMs: 200 } };
  const burst = (workers: number): Scenario => ({
    name: `${workers} worker${workers === 1 ? "" : "s"} of 16, 200 ms each, a burst`,
    streams: [{ priority: "normal", count: many(20_000), from: 0, to: SECOND }],
    workers,
    concurrency: 16,
    providers: fast,
  });
  const quarterHour = { count: 100, seconds: 900 };
  const account = { default: { latencyMs: 300, quotas: [quarterHour] } };
  const ordersOfADay = [
    { priority: "critical", count: 200, from: 0, to: 4 * HOUR },
    { priority: "normal", count: 1_400, from: 0, to: 4 * HOUR },
  ] as const;
  const burstBesideAccountMail = [
    { priority: "normal", count: many(200_000), from: 0, to: SECOND },
    { priority: "critical", count: many(3_000), from: 0, to: many(15_000) * SECOND },
  ] as const;
  const rule = { scope: "mailer", key: "default", windows: [quarterHour] } as const;
  return [
    burst(1),
    burst(2),
    burst(4),
    burst(8),
    {
      name: "100 per 15 minutes, learned from refusals alone",
      streams: ordersOfADay,
      workers: 2,
      concurrency: 5,
      providers: account,
    },
    {
      name: "the same, with 6,000 at once",
      streams: [
        { priority: "normal", count: 6_000, from: 0, to: SECOND },
        { priority: "critical", count: 300, from: 0, to: 15 * HOUR },
      ],
      workers: 2,
      concurrency: 5,
      providers: account,
    },
    {
      name: "the first, known by a rule",
      streams: ordersOfADay,
      workers: 2,
      concurrency: 5,
      providers: account,
      limits: { rules: [rule] },
    },
    {
      name: "the first, with a second mailer to spill over to",
      streams: ordersOfADay,
      workers: 2,
      concurrency: 5,
      providers: { ...account, backup: { latencyMs: 300 } },
      limits: { rules: [{ ...rule, spillOver: "backup" }] },
    },
    {
      name: "14 a second, learned from refusals alone",
      streams: burstBesideAccountMail,
      workers: 2,
      concurrency: 16,
      providers: { default: { latencyMs: 100, quotas: [{ count: 14, seconds: 1, isRate: true }] } },
    },
    {
      name: "10 connections at once, learned from refusals alone",
      streams: burstBesideAccountMail,
      workers: 2,
      concurrency: 16,
      providers: { default: { latencyMs: 1_000, connections: 10 } },
    },
    {
      name: "a newsletter beside account mail, 20 a second",
      streams: [
        { priority: "low", count: many(30_000), from: 0, to: SECOND },
        { priority: "critical", count: many(600), from: 0, to: many(1_600) * SECOND },
      ],
      workers: 2,
      concurrency: 16,
      providers: fast,
      limits: { rules: [{ scope: "mailer", windows: [{ count: 20, seconds: 1 }] }] },
    },
    {
      name: "a server that is away for two hours",
      streams: [{ priority: "normal", count: many(4_000), from: 0, to: 6 * HOUR }],
      workers: 2,
      concurrency: 16,
      providers: { default: { latencyMs: 200, outages: [{ from: HOUR, to: 3 * HOUR }] } },
    },
    {
      name: "a tenth is greylisted, one in fifty is not there",
      streams: [{ priority: "normal", count: many(8_000), from: 0, to: HOUR }],
      workers: 2,
      concurrency: 16,
      providers: { default: { latencyMs: 200, greylisted: 0.1, dead: 0.02 } },
    },
    {
      name: "a day's quota of 500, and 900 messages",
      streams: [{ priority: "normal", count: 900, from: 0, to: DAY / 2 }],
      workers: 1,
      concurrency: 5,
      providers: { default: { latencyMs: 300, quotas: [{ count: 500, seconds: 86_400 }] } },
    },
  ];
}
