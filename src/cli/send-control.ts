/** `waxseal send pause | resume | cancel | status`: what a person does to a run while it is sent. */
import { type BulkProgress, WaxsealError } from "../index.ts";
import { number } from "./progress.ts";
import { bold, encode } from "./terminal.ts";
import { withWaxseal } from "./with-waxseal.ts";

/** Prints where the run stands afterwards. */
export async function controlRun(
  action: "pause" | "resume" | "cancel" | "status",
  name: string,
  flags: { database?: string },
): Promise<void> {
  await withWaxseal(flags, async ({ bulk }) => {
    const found = await (action === "status" ? bulk.progress(name) : bulk[action](name));
    if (found === undefined) {
      const names = (await bulk.list({ limit: 10 })).map((run) => run.name);
      const known = names.length === 0 ? "There is none yet." : `There are: ${names.join(", ")}.`;
      throw new WaxsealError("WX_BULK_UNKNOWN", `There is no run ${JSON.stringify(name)}. ${known}`);
    }
    for (const line of statusLines(found)) console.log(line);
  });
}

/** What is not there is not said. */
export function statusLines(run: BulkProgress): string[] {
  const { taken, queued, repeated, refused, complete } = run;
  const list = named([
    [queued, "queued"],
    [repeated, "repeated"],
    [refused, "refused"],
  ]);
  const messages = named([
    [run.sent, "sent"],
    [run.waiting, "waiting"],
    [run.deferred, "deferred"],
    [run.held, "held"],
    [run.failed, "failed"],
    [run.unknown, "unknown"],
    [run.suppressed, "suppressed"],
    [run.cancelled, "cancelled"],
  ]);
  return [
    `${bold(encode(run.name))}: ${stateOf(run)}`,
    `  list      ${number(taken)} read${complete ? "" : " so far"}${list === "" ? "" : `: ${list}`}`,
    `  messages  ${messages === "" ? "none" : messages}`,
  ];
}

function named(counts: readonly (readonly [count: number, name: string])[]): string {
  return counts
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${number(count)} ${name}`)
    .join(", ");
}

function stateOf({ state, complete, waiting, deferred, held }: BulkProgress): string {
  if (state !== "running") return state;
  if (!complete) return "its list is not read to the end; run the same command again";
  return waiting + deferred + held > 0 ? "running" : "done";
}
