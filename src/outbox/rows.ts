/** The rows of the outbox, as they are read. */
import type { Selectable } from "kysely";
import type { Schema } from "../db/index.ts";

export type MessageRow = Selectable<Schema["outbox_messages"]>;
export type RecipientRow = Selectable<Schema["outbox_recipients"]>;
export type AttemptRow = Selectable<Schema["outbox_attempts"]>;
