/** One message of the outbox: where it stands and why, what can be done, and what each attempt came to. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { OutboxMessage } from "../../outbox/index.ts";
import type { MessageReport } from "../desk.ts";
import { readableSize } from "../format.ts";
import { actionsFor, type OutboxAction } from "../outbox-actions.ts";
import { outboxActionPath, paths } from "../paths.ts";
import type { View } from "../view.ts";
import { Attempt } from "./outbox-attempt.tsx";
import { StateBadge } from "./outbox-list.tsx";
import { Time } from "./time.tsx";

export interface OutboxMessageProps {
  view: View;
  message: OutboxMessage;
  formToken: string;
  /** When it will leave and why it waits, in the reader's language; empty where nobody knows. */
  outlook: string;
  reports: readonly MessageReport[];
  /** What was just done; "nothing" where it changed nothing. */
  done: OutboxAction | "nothing" | undefined;
}

export function OutboxMessagePage(props: OutboxMessageProps): JSX.Element {
  const { view, message, reports, done } = props;
  const t = view.t.outbox;
  return (
    <>
      <p class="back">
        <a href={paths.outbox}>{t.back}</a>
      </p>
      <div class="heading">
        <h1>
          <bdi>{message.subject || view.t.inbox.noSubject}</bdi>
        </h1>
        <StateBadge view={view} state={message.state} />
      </div>
      {done !== undefined && (
        <p class="done" role="status">
          {t.done[done]}
        </p>
      )}
      {props.outlook !== "" && <p class="outlook">{props.outlook}</p>}
      <Actions {...props} />
      <Facts view={view} message={message} />
      <h2>{t.recipients}</h2>
      <Recipients view={view} message={message} />
      <h2>{t.history}</h2>
      {message.history.length === 0 ? (
        <p class="note">{t.noHistory}</p>
      ) : (
        <ol class="history">
          {message.history.map((attempt) => (
            <Attempt view={view} attempt={attempt} />
          ))}
        </ol>
      )}
      {reports.length > 0 && <Reports view={view} reports={reports} />}
    </>
  );
}

function Actions({ view, message, formToken }: OutboxMessageProps): JSX.Element | null {
  const actions = actionsFor(message, view.now);
  if (actions.length === 0) return null;
  return (
    <div class="actions">
      {actions.map((action) => (
        <form method="post" action={outboxActionPath(message.id, action)}>
          <input type="hidden" name="token" value={formToken} />
          <button type="submit">{view.t.outbox.actions[action]}</button>
        </form>
      ))}
    </div>
  );
}

function Facts({ view, message }: { view: View; message: OutboxMessage }): JSX.Element {
  const t = view.t.outbox;
  const time = (at: number | undefined): JSX.Element | undefined =>
    at === undefined ? undefined : <Time view={view} at={at} full />;
  const { nextAttemptAt: next = -Infinity } = message;
  const mono = (text: string | undefined): JSX.Element | undefined =>
    text === undefined ? undefined : <span class="mono">{text}</span>;
  const facts: readonly (readonly [label: string, value: JSX.Element | undefined])[] = [
    [t.from, <bdi>{message.from}</bdi>],
    [t.mailer, <>{message.mailer}</>],
    [t.priority, <>{t.priorities[message.priority]}</>],
    [t.messageId, mono(message.messageId)],
    [t.group, mono(message.group)],
    [t.tenant, mono(message.tenant)],
    [t.stream, mono(message.stream)],
    [t.tags, mono(message.tags.length === 0 ? undefined : message.tags.join(", "))],
    [t.size, <>{readableSize(message.size)}</>],
    [t.created, time(message.createdAt)],
    [t.sendAt, time(message.sendAt)],
    // In the past it leaves as soon as it can, which the outlook says.
    [t.nextAttempt, message.state === "sending" || next <= view.now ? undefined : time(next)],
    [t.expires, message.finishedAt === undefined ? time(message.expiresAt) : undefined],
    [t.finished, time(message.finishedAt)],
  ];
  return (
    <dl class="facts">
      {facts.map(([label, value]) =>
        value === undefined ? null : (
          <>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </>
        ),
      )}
    </dl>
  );
}

function Recipients({ view, message }: { view: View; message: OutboxMessage }): JSX.Element {
  return (
    <ul class="recipients">
      {message.recipients.map(({ address, state, detail }) => (
        <li>
          <StateBadge view={view} state={state} /> <bdi>{address}</bdi>
          {detail !== "" && <p class="words">{detail}</p>}
        </li>
      ))}
    </ul>
  );
}

function Reports({ view, reports }: { view: View; reports: readonly MessageReport[] }): JSX.Element {
  return (
    <>
      <h2>{view.t.outbox.reports}</h2>
      <ul class="history">
        {reports.map(({ address, kind, status, detail, at }) => (
          <li>
            <p class="attempt">
              <span class="badge failed">{kind}</span>
              <Time view={view} at={at} full />
              <bdi>{address}</bdi>
            </p>
            {(status !== "" || detail !== "") && <p class="words">{[status, detail].filter(Boolean).join(" ")}</p>}
          </li>
        ))}
      </ul>
    </>
  );
}
