/** Why a message is not sent yet. */

/** Why a message waits until its `due_at`; the column `wait` holds it as JSON. */
export interface WaitReason {
  /** `retry` after a failure, `scheduled` by the caller, `limit` of a quota or rate, `pause` of a scope that must rest, `hold` by a person. */
  kind: "retry" | "scheduled" | "limit" | "pause" | "hold";
  /** The scope that holds it up, such as `mailer:default` or `domain:163.com`; empty for `retry`, `scheduled` and `hold`. */
  key: string;
  /** For a person, in English: what follows "It waits because", without a full stop. */
  detail: string;
  /** The same in Chinese, where the words are ours. */
  zh?: string | undefined;
}
