/**
 * Sending beside nodemailer, emailjs, Python's clients and smtp-source.
 *
 *   npm run bench -- smtp [--only loopback|distance|postfix|tls|memory] [--short] [--warm-up-seconds N] [--million]
 */
import { parseArgs } from "node:util";
import { runHeading } from "../support/report.ts";
import { isPinned } from "./child.ts";
import { measureDistance, measurePostfix } from "./distance.ts";
import { measureTls } from "./encrypted.ts";
import { measureLoopback } from "./loopback.ts";
import { measureMemory } from "./memory.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    short: { type: "boolean", default: false },
    "warm-up-seconds": { type: "string" },
    million: { type: "boolean", default: false },
  },
});
const isWanted = (part: string): boolean => values.only === undefined || values.only.includes(part);

/** A lock-step exchange is slow to warm up: under 12 seconds the figures still rise. */
const warmUpMs = 1000 * Number(values["warm-up-seconds"] ?? (values.short ? 1 : 12));
const pace = { warmUpMs, turnMs: values.short ? 200 : 400, rounds: values.short ? 3 : 7 };
/** Other sizes and numbers of connections are looked at less closely. */
const quick = { ...pace, warmUpMs: warmUpMs / 6, rounds: 3 };

console.log(runHeading("smtp"));
console.log(`Client and sink ${isPinned ? "share one core" : "may run on any core (there is no taskset)"}.\n`);
if (isWanted("loopback")) {
  await measureLoopback(1000, 1, pace, true);
  for (const connections of [5, 20]) await measureLoopback(1000, connections, quick, false);
  for (const bytes of [10_000, 200_000]) await measureLoopback(bytes, 1, quick, false);
}
if (isWanted("distance")) {
  for (const roundTripMs of [20, 100]) await measureDistance(roundTripMs, { turnMs: 1000, rounds: 3 });
}
if (isWanted("postfix")) await measurePostfix(20, { turnMs: 1000, rounds: 3 });
if (isWanted("tls")) await measureTls(quick);
if (isWanted("memory")) await measureMemory(values.million ? 1_000_000 : 100_000);
