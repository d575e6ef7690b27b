/** The outbox: every message, where it stands, and when it is tried next. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { DeliveryState, OutboxHealth, OutboxSummary } from "../../outbox/index.ts";
import type { PausedScope } from "../desk.ts";
import { comingTime } from "../format.ts";
import { type OutboxPage, type OutboxQuery, queryText } from "../outbox-query.ts";
import { outboxPath, paths } from "../paths.ts";
import type { View } from "../view.ts";
import { Attention } from "./outbox-attention.tsx";
import { Filters } from "./outbox-filters.tsx";
import { Time } from "./time.tsx";

export interface OutboxListProps {
  view: View;
  query: OutboxQuery;
  page: OutboxPage;
  health: OutboxHealth;
  /** Scopes that rest. */
  paused: readonly PausedScope[];
  /** Scopes that go slower since they were refused. */
  slowed: readonly PausedScope[];
}

export function OutboxListPage({ view, query, page, health, paused, slowed }: OutboxListProps): JSX.Element {
  const t = view.t.outbox;
  const isFiltered = Object.keys(query).length > 0;
  return (
    <>
      <h1>{t.title}</h1>
      <p class="lead">{t.lead}</p>
      <Attention view={view} health={health} paused={paused} slowed={slowed} />
      <Filters view={view} query={query} />
      {page.messages.length === 0 ? (
        <div class="empty">
          <p>{isFiltered ? t.noneFound : t.empty}</p>
        </div>
      ) : (
        <ol class="rows">
          {page.messages.map((message) => (
            <Row view={view} message={message} />
          ))}
        </ol>
      )}
      {page.older !== undefined && (
        <p class="pages">
          <a href={`${paths.outbox}?${queryText(page.older)}`} rel="next">
            {t.older}
          </a>
        </p>
      )}
    </>
  );
}

/** Where a message or a recipient stands, as a coloured word. */
export function StateBadge({ view, state }: { view: View; state: DeliveryState }): JSX.Element {
  return <span class={`badge ${state}`}>{view.t.states[state]}</span>;
}

/** So many addresses stand in a row. */
const ADDRESSES_SHOWN = 3;

/** When it leaves, and for which scope it waits until then. */
function nextOf({ t, now, locale }: View, { nextAttemptAt: next, wait }: OutboxSummary): string {
  if (next === undefined) return "";
  if (next <= now) return ` · ${t.outbox.soon}`;
  const waits = wait === undefined || wait.key === "" ? "" : ` · ${t.outbox.waitsFor(wait.key)}`;
  return ` · ${t.outbox.next(comingTime(next, now, locale))}${waits}`;
}

function Row({ view, message }: { view: View; message: OutboxSummary }): JSX.Element {
  const { t } = view;
  const addresses = message.recipients.map(({ address }) => address);
  const more = addresses.length - ADDRESSES_SHOWN;
  return (
    <li>
      <a href={outboxPath(message.id)}>
        <span class="who">
          <StateBadge view={view} state={message.state} />
        </span>
        <span class="when">
          <Time view={view} at={message.createdAt} />
        </span>
        <strong class="subject">
          <bdi>{message.subject || t.inbox.noSubject}</bdi>
        </strong>
        <span class="details">
          <bdi>{addresses.slice(0, ADDRESSES_SHOWN).join(", ")}</bdi>
          {more > 0 && ` ${t.outbox.andMore(more)}`} · {t.outbox.attempts(message.attempts)}
          {message.state !== "sending" && nextOf(view, message)}
        </span>
      </a>
    </li>
  );
}
