/** What every step of the limits works with. */
import type { Clock, Logger } from "../../base/index.ts";
import type { PauseNote } from "./note.ts";
import type { PutOff } from "./put-off.ts";
import type { Rulebook } from "./scopes.ts";
import type { Turnover } from "./turnover.ts";

export interface LimitsContext {
  book: Rulebook;
  note: PauseNote;
  putOff: PutOff;
  turnover: Turnover;
  /** When a window that refusals taught was last found used up by this worker, by the scope's key: then the pace may climb. */
  usedUpAt: Map<string, number>;
  /** The same of the places that refusals taught: when all of them were taken. */
  filledAt: Map<string, number>;
  /** Every mailer that is known or was seen; it grows as messages of others come by. */
  mailers: Set<string>;
  leaseMs: number;
  clock: Clock;
  logger: Logger;
}
