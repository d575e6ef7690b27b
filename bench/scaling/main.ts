/** How many messages leave, how long they wait and how often they are tried, by workers and providers; in virtual time. */
import { runHeading } from "../support/report.ts";
import { costRows } from "./cost.ts";
import { scenarios } from "./scenarios.ts";
import { type Figures, simulate } from "./simulate.ts";

const size = process.argv.includes("--long") ? 1 : 0.1;

console.log(runHeading("scaling"));
console.log(
  "| | messages | sent | failed | a second | attempts each | age p50 / p99 / max | critical | statements each |",
);
console.log("|---|---|---|---|---|---|---|---|---|");
const all: Figures[] = [];
for (const scenario of scenarios(size)) {
  const figures = await simulate(scenario);
  all.push(figures);
  console.log(row(figures));
}
console.log("\n| | mailer | accepted | refused for a quota | turned away | not reached | most within a quota |");
console.log("|---|---|---|---|---|---|---|");
for (const { name, providers } of all) {
  for (const [mailer, counts] of Object.entries(providers)) {
    const { accepted, quotaRefusals, turnedAway, unreached, fullest } = counts;
    const cells = [name, mailer, accepted, quotaRefusals, turnedAway, unreached, fullest.join(", ") || "-"];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

console.log("\n| CPU of the limits for each message, µs | claims of 1 | claims of 32 |");
console.log("|---|---|---|");
for (const line of await costRows()) console.log(line);

function row({ name, messages, sent, failed, perSecond, attempts, ages, statements }: Figures): string {
  const others = ages.normal ?? ages.low;
  return `| ${name} | ${messages} | ${sent} | ${failed} | ${short(perSecond)} | ${short(attempts)} | ${age(others)} | ${age(ages.critical)} | ${short(statements)} |`;
}

function age(ages: Figures["ages"]["normal"]): string {
  return ages === undefined ? "-" : [ages.p50, ages.p99, ages.max].map(duration).join(" / ");
}

function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 120) return `${short(seconds)} s`;
  return seconds < 7_200 ? `${short(seconds / 60)} min` : `${short(seconds / 3_600)} h`;
}

function short(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en");
}
