/** One attempt at a message: what it came to, in the server's words, and what that means. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { OutboxAttempt } from "../../outbox/index.ts";
import type { View } from "../view.ts";
import { Time } from "./time.tsx";

export function Attempt({ view, attempt }: { view: View; attempt: OutboxAttempt }): JSX.Element {
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
