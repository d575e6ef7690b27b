/** How far a mailbox was read: the last UID, good for as long as its UIDVALIDITY is the same (RFC 3501, section 2.3.1.1). */
import type { Database } from "../../../db/index.ts";
import { findMark, setMark } from "../../store/marks.ts";
import type { BounceMailboxOptions } from "./mailbox-options.ts";

/** Where the next reading begins. */
export interface Cursor {
  uidValidity: string;
  /** Every mail up to this was looked at. */
  lastUid: number;
}

/** The name under which it is kept: one for each mailbox of each user of each server. */
export function cursorName({ host, user, mailbox = "INBOX" }: BounceMailboxOptions): string {
  return `bounces:imap:${user}@${host}/${mailbox}`;
}

/** Undefined where the mailbox was never read, or its UIDs were given out anew. */
export async function readCursor({ kysely }: Database, name: string, uidValidity: string): Promise<Cursor | undefined> {
  const text = await findMark(kysely, name);
  const cursor = text === undefined ? undefined : (JSON.parse(text) as Cursor);
  return cursor?.uidValidity === uidValidity ? cursor : undefined;
}

export async function writeCursor({ kysely }: Database, name: string, cursor: Cursor): Promise<void> {
  await setMark(kysely, name, JSON.stringify(cursor));
}
