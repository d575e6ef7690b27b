/** What needs a person: mail that is late, scopes that must rest, and those that go slowly. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { OutboxHealth } from "../../outbox/index.ts";
import type { PausedScope } from "../desk.ts";
import { readableDuration } from "../format.ts";
import { inLanguage, type View } from "../view.ts";
import { Time } from "./time.tsx";

export interface AttentionProps {
  view: View;
  health: OutboxHealth;
  paused: readonly PausedScope[];
  slowed: readonly PausedScope[];
}

/** So many stand in full. */
const SHOWN = 5;

export function Attention({ view, health, paused, slowed }: AttentionProps): JSX.Element | null {
  if (health.ok && paused.length + slowed.length === 0) return null;
  const t = view.t.outbox.attention;
  const late = health.closed.filter(({ isLate }) => isLate);
  return (
    <section class="attention" role="status">
      {health.isStuck && <p>{t.stuck(health.due, readableDuration(health.oldestDueMs, view.locale))}</p>}
      {late.map(({ mailer, limited, oldestMs }) => (
        <p>{t.late(limited, mailer, readableDuration(oldestMs, view.locale))}</p>
      ))}
      {paused.length > 0 && (
        <>
          <p>{t.paused(paused.length)}</p>
          <ul>
            {paused.slice(0, SHOWN).map(({ key, pausedUntil, text }) => (
              <li>
                <span class="mono">{key}</span>{" "}
                {pausedUntil !== undefined && (
                  <>
                    {t.until} <Time view={view} at={pausedUntil} full />
                  </>
                )}
                {text !== undefined && <p class="words">{inLanguage(view, text)}</p>}
              </li>
            ))}
          </ul>
        </>
      )}
      {slowed.length > 0 && (
        <>
          <p>{t.slowed(slowed.length)}</p>
          <ul>
            {slowed.slice(0, SHOWN).flatMap(({ key, pace, learnedConcurrency }) =>
              [pace, learnedConcurrency].map(
                (learned) =>
                  learned !== undefined && (
                    <li>
                      <span class="mono">{key}</span> {inLanguage(view, learned.text)}
                    </li>
                  ),
              ),
            )}
          </ul>
        </>
      )}
    </section>
  );
}
