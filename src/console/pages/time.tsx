/** A point in time: short in lists, in full when pointed at. */
import type { JSX } from "hono/jsx/jsx-runtime";
import { fullTime, shortTime } from "../format.ts";
import type { View } from "../view.ts";

export function Time({ view, at, full = false }: { view: View; at: number; full?: boolean }): JSX.Element {
  const whole = fullTime(at, view.locale);
  return (
    <time datetime={new Date(at).toISOString()} title={full ? undefined : whole}>
      {full ? whole : shortTime(at, view.now, view.locale)}
    </time>
  );
}
