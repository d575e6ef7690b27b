/** The outbox: every message, where it stands, and when it is tried next. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { DeliveryState, OutboxSummary } from "../../outbox/index.ts";
import { shortTime } from "../format.ts";
import { outboxPath } from "../paths.ts";
import type { View } from "../view.ts";
import { Time } from "./time.tsx";

export function OutboxListPage({ view, messages }: { view: View; messages: readonly OutboxSummary[] }): JSX.Element {
  const t = view.t.outbox;
  return (
    <>
      <h1>{t.title}</h1>
      <p class="lead">{t.lead}</p>
      {messages.length === 0 ? (
        <div class="empty">
          <p>{t.empty}</p>
        </div>
      ) : (
        <ol class="rows">
          {messages.map((message) => (
            <Row view={view} message={message} />
          ))}
        </ol>
      )}
    </>
  );
}

/** Where a message or a recipient stands, as a coloured word. */
export function StateBadge({ view, state }: { view: View; state: DeliveryState }): JSX.Element {
  return <span class={`badge ${state}`}>{view.t.states[state]}</span>;
}

function Row({ view, message }: { view: View; message: OutboxSummary }): JSX.Element {
  const { t } = view;
  const tries = t.outbox.attempts(message.attempts);
  const next = message.nextAttemptAt;
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
          <bdi>{message.recipients.map(({ address }) => address).join(", ")}</bdi> · {tries}
          {next !== undefined && ` · ${t.outbox.next(shortTime(next, view.now, view.locale))}`}
        </span>
      </a>
    </li>
  );
}
