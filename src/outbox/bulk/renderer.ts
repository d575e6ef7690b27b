/** Makes the bytes of a bulk's messages at delivery: the same ones at each attempt, in every process. */
import type { Queryable } from "../../db/index.ts";
import type { ComposeOptions, Composed, MessageFields } from "../../mail/index.ts";
import type { Renderer } from "../seams.ts";
import type { MessageRow } from "../store.ts";
import type { StoredVariables } from "./entry.ts";
import { BulkError } from "./errors.ts";
import { findTemplate, listHalted } from "./store.ts";
import { type ReadTemplate, readTemplate, type Template } from "./template.ts";

/** Composes with the defaults, hooks and signatures of a configuration; `mail.compose`. */
export type Compose = (message: MessageFields, options?: ComposeOptions) => Promise<Composed>;

/** Whom an unsubscribe link is for. */
export interface LinkTarget {
  address: string;
  stream: string;
  /** With its angle brackets. */
  messageId: string;
  /** When the message was enqueued, in milliseconds since 1970. */
  at: number;
}

/** Makes the link by which a recipient leaves a stream; the same target must give the same link. */
export type UnsubscribeLink = (target: LinkTarget) => string | undefined;

/** What messages of a bulk are made with. */
export interface BulkRendererOptions {
  compose: Compose;
  /** Without it, no message gets a List-Unsubscribe header of its own. */
  unsubscribeLink?: UnsubscribeLink | undefined;
}

interface Withheld {
  state: "held" | "cancelled";
  detail: string;
}

/** What a message of a bulk that does not run becomes. */
export const HELD: Withheld = { state: "held", detail: "its bulk is paused" };
export const CANCELLED: Withheld = { state: "cancelled", detail: "its bulk was cancelled" };

/** Templates that are kept read; bulks that run at the same time are few. */
const MOST_TEMPLATES = 16;

/**
 * The renderer of bulk mail, for `createOutbox({ renderer })`.
 *
 * Guarantee: what it renders follows from the row, the template and the configuration alone. The Date header, the signature's
 * time and `"now"` in a template are the time the message was enqueued at, and its boundaries follow from its Message-ID.
 *
 * @example
 * const outbox = createOutbox({ database, mailer, renderer: createBulkRenderer({ compose: mail.compose }) });
 */
export function createBulkRenderer(options: BulkRendererOptions): Renderer {
  const templates = new Map<string, Promise<ReadTemplate>>();

  function templateOf(db: Queryable, bulkId: string): Promise<ReadTemplate> {
    const known = templates.get(bulkId);
    if (known !== undefined) return known;
    const reading = loadTemplate(db, bulkId);
    templates.set(bulkId, reading);
    reading.catch(() => templates.delete(bulkId)); // asked anew next time
    const oldest = templates.keys().next();
    if (templates.size > MOST_TEMPLATES && oldest.done !== true) templates.delete(oldest.value);
    return reading;
  }

  return {
    withhold: async (tx, messages) => {
      const ids = [...new Set(messages.flatMap(({ bulk_id: id }) => (id === null ? [] : [id])))];
      const halted = new Map(ids.length === 0 ? [] : (await listHalted(tx, ids)).map(({ id, state }) => [id, state]));
      const answers = new Map<string, Withheld>();
      for (const { id, bulk_id: bulkId } of messages) {
        const state = halted.get(bulkId ?? "");
        if (state !== undefined) answers.set(id, state === "cancelled" ? CANCELLED : HELD);
      }
      return answers;
    },
    render: async (db, message, address) => {
      const template = await templateOf(db, message.bulk_id ?? "");
      const stored = JSON.parse(message.variables ?? "{}") as StoredVariables;
      const fields = messageFields(template, stored, addressed(message, address), options.unsubscribeLink);
      const composed = await options.compose(fields, { using: message.mailer, at: message.created_at });
      return composed.bytes;
    },
  };
}

async function loadTemplate(db: Queryable, bulkId: string): Promise<ReadTemplate> {
  const json = await findTemplate(db, bulkId);
  if (json === undefined) throw new BulkError("WX_BULK_UNKNOWN", `The bulk ${bulkId} of this message is gone.`);
  return readTemplate(JSON.parse(json) as Template);
}

function addressed({ message_id: messageId, stream, created_at: at }: MessageRow, address: string): Addressed {
  return { messageId, stream, at, address };
}

/** What a message is beside its texts. */
export interface Addressed {
  messageId: string;
  stream: string | null;
  at: number;
  address: string;
}

/**
 * The message of one recipient.
 *
 * @throws BulkError WX_BULK_TEMPLATE
 */
export function messageFields(
  template: ReadTemplate,
  { to, locale, variables }: StoredVariables,
  { messageId, stream, at, address }: Addressed,
  unsubscribeLink: UnsubscribeLink | undefined,
): MessageFields {
  const link = stream === null ? undefined : unsubscribeLink?.({ address, stream, messageId, at });
  const all = link === undefined ? variables : { ...variables, unsubscribe_url: link };
  const fields = template.render(all, { locale, at });
  return {
    ...fields,
    to: [to ?? address],
    messageId,
    ...(link !== undefined && { list: { ...fields.list, unsubscribe: link } }),
  };
}
