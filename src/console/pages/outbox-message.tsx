/** One message of the outbox: its recipients, and what each attempt came to, in the server's words. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { OutboxAttempt, OutboxMessage } from "../../outbox/index.ts";
import { paths } from "../paths.ts";
import type { View } from "../view.ts";
import { StateBadge } from "./outbox-list.tsx";
import { Time } from "./time.tsx";

interface Props {
  view: View;
  message: OutboxMessage;
}

export function OutboxMessagePage({ view, message }: Props): JSX.Element {
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
    </>
  );
}

function Facts({ view, message }: Props): JSX.Element {
  const t = view.t.outbox;
  return (
    <dl class="facts">
      <dt>{t.from}</dt>
      <dd>
        <bdi>{message.from}</bdi>
      </dd>
      <dt>{t.mailer}</dt>
      <dd>{message.mailer}</dd>
      <dt>{t.messageId}</dt>
      <dd class="mono">{message.messageId}</dd>
      <dt>{t.created}</dt>
      <dd>
        <Time view={view} at={message.createdAt} full />
      </dd>
      {message.nextAttemptAt !== undefined && (
        <>
          <dt>{t.nextAttempt}</dt>
          <dd>
            <Time view={view} at={message.nextAttemptAt} full />
          </dd>
        </>
      )}
    </dl>
  );
}

function Recipients({ view, message }: Props): JSX.Element {
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

function Attempt({ view, attempt }: { view: View; attempt: OutboxAttempt }): JSX.Element {
  // Where the text is the whole reply, it begins with the codes already.
  const codes = [attempt.code === 0 ? "" : String(attempt.code), attempt.enhancedCode]
    .filter((code) => !attempt.text.includes(code))
    .join(" ");
  return (
    <li>
      <p class="attempt">
        <span class={`badge ${attempt.outcome}`}>{view.t.outcomes[attempt.outcome]}</span>
        <Time view={view} at={attempt.at} full />
        <span class="mono">{attempt.server}</span>
        {attempt.stage !== "" && <span>{view.t.outbox.stage(attempt.stage)}</span>}
      </p>
      {(codes !== "" || attempt.text !== "") && (
        <p class="words">
          {codes !== "" && <strong>{codes} </strong>}
          {attempt.text}
        </p>
      )}
      {view.locale === "zh-CN" && attempt.diagnosis !== undefined && (
        // In English the text says it already.
        <p class="words">{attempt.diagnosis.meaning.zh + attempt.diagnosis.advice.zh}</p>
      )}
    </li>
  );
}
