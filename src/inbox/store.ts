/** Where caught mail is kept: in memory, or in the database. */
import type { Selectable } from "kysely";
import type { Database, Schema } from "../db/index.ts";
import type { InboxSummary } from "./types.ts";

/** A mail as it is kept: what the list shows, and the bytes. */
export interface StoredMail extends InboxSummary {
  raw: Uint8Array;
}

/** Where caught mail is kept. */
export interface InboxStore {
  add(mail: StoredMail): Promise<void>;
  /** Newest first. */
  list(limit: number): Promise<InboxSummary[]>;
  get(id: string): Promise<StoredMail | undefined>;
  clear(): Promise<void>;
}

/** Keeps the mail for as long as the process lives. */
export function memoryStore(): InboxStore {
  let mails: StoredMail[] = [];
  return {
    add: async (mail) => {
      mails = [mail, ...mails];
    },
    list: async (limit) => mails.slice(0, limit).map(({ raw: _, ...summary }) => summary),
    get: async (id) => mails.find((mail) => mail.id === id),
    clear: async () => {
      mails = [];
    },
  };
}

type Row = Omit<Selectable<Schema["inbox_messages"]>, "raw">;

const summaryColumns = [
  "id",
  "received_at",
  "envelope_from",
  "envelope_to",
  "from_header",
  "to_header",
  "subject",
  "size",
] as const satisfies readonly (keyof Row)[];

/** Keeps the mail in a migrated database. */
export function databaseStore(database: Database): InboxStore {
  const db = database.kysely;
  return {
    add: async ({ raw, ...mail }) => {
      await db
        .insertInto("inbox_messages")
        .values({ ...toRow(mail), raw })
        .execute();
    },
    list: async (limit) => {
      const rows = await db
        .selectFrom("inbox_messages")
        .select(summaryColumns)
        .orderBy("received_at", "desc")
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },
    get: async (id) => {
      const row = await db.selectFrom("inbox_messages").selectAll().where("id", "=", id).executeTakeFirst();
      return row && { ...fromRow(row), raw: row.raw };
    },
    clear: async () => {
      await db.deleteFrom("inbox_messages").execute();
    },
  };
}

function toRow(mail: InboxSummary): Row {
  return {
    id: mail.id,
    received_at: mail.receivedAt,
    envelope_from: mail.envelopeFrom,
    envelope_to: JSON.stringify(mail.envelopeTo),
    from_header: mail.from,
    to_header: mail.to,
    subject: mail.subject,
    size: mail.size,
  };
}

function fromRow(row: Row): InboxSummary {
  return {
    id: row.id,
    receivedAt: row.received_at,
    envelopeFrom: row.envelope_from,
    envelopeTo: JSON.parse(row.envelope_to) as string[],
    from: row.from_header,
    to: row.to_header,
    subject: row.subject,
    size: row.size,
  };
}
