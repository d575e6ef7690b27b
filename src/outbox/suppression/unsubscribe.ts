/** Takes an address out of a stream, as the link in a mail asks for, and tells whoever wants to know. */
import type { OutboxEvent } from "../events.ts";
import { priorityOf } from "../priority.ts";
import { addressKey } from "./address-key.ts";
import { completed } from "./completed.ts";
import type { ListContext } from "./context.ts";
import { rowOf } from "./rows.ts";
import { insertUnlessLive, selectMessage, type ToldMessage } from "./store.ts";
import type { Unsubscription } from "./types.ts";

/** Asking twice is asking once: the second time changes nothing and tells nobody. */
export async function unsubscribe(context: ListContext, from: Unsubscription): Promise<void> {
  const { database, clock, logger, events, days, emptiness } = context;
  const detail = "by the link in a mail";
  const entry = completed({ ...from, reason: "unsubscribe", detail }, clock.now(), days);
  const row = rowOf(addressKey(entry.address), entry);
  emptiness.end();
  const told = await database.kysely.transaction().execute(async (tx) => {
    if (!(await insertUnlessLive(tx, row, entry.createdAt))) return [];
    const message = from.messageId === undefined ? undefined : await selectMessage(tx, from.messageId);
    const event = eventOf(from, entry.createdAt, message);
    await events?.record?.(tx, [event]);
    return [event];
  });
  if (told.length === 0) return;
  events?.announce?.(told);
  logger.log("info", "outbox.unsubscribed", { address: entry.address, stream: entry.stream });
}

/** Of a mail that is gone, or that named none, only who left what is known. */
function eventOf({ address, stream, messageId = "" }: Unsubscription, at: number, message?: ToldMessage): OutboxEvent {
  const { tags, metadata } = JSON.parse(message?.envelope_extras ?? "{}") as Pick<OutboxEvent, "tags" | "metadata">;
  return {
    type: "unsubscribed",
    at,
    id: message?.id ?? "",
    messageId,
    mailer: message?.mailer ?? "",
    recipients: [address],
    priority: priorityOf(message?.priority ?? -1),
    group: message?.group_name ?? undefined,
    tenant: message?.tenant ?? undefined,
    stream: stream === "" ? undefined : stream,
    tags,
    metadata,
    createdAt: message?.created_at ?? at,
    attempts: message?.attempts ?? 0,
    server: "",
    code: 0,
    enhancedCode: "",
    text: "by the link in a mail",
    trace: message?.trace ?? undefined,
  };
}
