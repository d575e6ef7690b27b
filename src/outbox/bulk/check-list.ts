/** Goes through a list without sending anything: what would be refused, what is there twice, and the first mail. */
import { createHash } from "node:crypto";
import { describeError } from "../../base/index.ts";
import type { MessageFields } from "../../mail/index.ts";
import { type BulkEntry, checkEntry, isUnreadable, type UnreadableEntry } from "./entry.ts";
import { messageFields } from "./renderer.ts";
import { readTemplate, type Template } from "./template.ts";
import type { RefusedEntry } from "./types.ts";

/** What a list would become. */
export interface ListCheck {
  taken: number;
  good: number;
  repeated: number;
  refused: number;
  /** The message of the first good entry. */
  first: MessageFields | undefined;
}

/**
 * Checks every entry as `sendMany` does, and renders it.
 *
 * @throws BulkError `WX_BULK_TEMPLATE` when the template itself is malformed; what `entries` throws
 * @example
 * const { refused, first } = await checkList(template, file.entries(), { onRefused: console.error });
 */
export async function checkList(
  template: Template,
  entries: AsyncIterable<BulkEntry | UnreadableEntry> | Iterable<BulkEntry | UnreadableEntry>,
  { onRefused, stream }: { onRefused?: (refusal: RefusedEntry) => void; stream?: string | undefined } = {},
): Promise<ListCheck> {
  const read = await readTemplate(template);
  const seen = new Set<number>();
  const check: ListCheck = { taken: 0, good: 0, repeated: 0, refused: 0, first: undefined };
  const target = { messageId: "<check@localhost>", stream: stream ?? null, at: Date.now() };
  const link = (): string => "https://example.com/unsubscribe";
  for await (const entry of entries) {
    check.taken++;
    try {
      if (isUnreadable(entry)) throw new Error(entry.problem);
      const checked = checkEntry(entry);
      const fields = messageFields(read, checked, { ...target, address: checked.address }, link);
      const key = shortKey(checked.key);
      if (seen.has(key)) check.repeated++;
      else check.good++;
      seen.add(key);
      check.first ??= fields;
    } catch (error) {
      check.refused++;
      onRefused?.({ number: entry?.number ?? check.taken, problem: describeError(error) });
    }
  }
  return check;
}

/** 52 bits of a hash: for a million addresses a tenth of the room, and a chance of one in ten thousand to take two for one. */
function shortKey(key: string): number {
  return Number.parseInt(createHash("sha1").update(key).digest("hex").slice(0, 13), 16);
}
