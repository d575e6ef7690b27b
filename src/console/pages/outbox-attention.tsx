/** What needs a person: a queue that is stuck, and scopes that must rest. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { OutboxHealth } from "../../outbox/index.ts";
import type { PausedScope } from "../desk.ts";
import { readableDuration } from "../format.ts";
import type { View } from "../view.ts";
import { Time } from "./time.tsx";

export interface AttentionProps {
  view: View;
  health: OutboxHealth;
  paused: readonly PausedScope[];
}

/** So many stand in full. */
const SHOWN = 5;

export function Attention({ view, health, paused }: AttentionProps): JSX.Element | null {
  if (health.ok && paused.length === 0) return null;
  const t = view.t.outbox.attention;
  return (
    <section class="attention" role="status">
      {!health.ok && <p>{t.stuck(health.due, readableDuration(health.oldestDueMs, view.locale))}</p>}
      {paused.length > 0 && (
        <>
          <p>{t.paused(paused.length)}</p>
          <ul>
            {paused.slice(0, SHOWN).map(({ key, pausedUntil, detail }) => (
              <li>
                <span class="mono">{key}</span>{" "}
                {pausedUntil !== undefined && (
                  <>
                    {t.until} <Time view={view} at={pausedUntil} full />
                  </>
                )}
                {detail !== undefined && detail !== "" && <p class="words">{detail}</p>}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
