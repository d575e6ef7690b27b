/** `pg-boss`, which only those install who want its engine. */
import { OutboxError } from "../../errors.ts";

/** What is used of it. */
export type PgBossPackage = Pick<typeof import("pg-boss"), "PgBoss">;

/** @throws OutboxError `WX_OUTBOX_PEER` without pg-boss */
export async function loadPgBoss(): Promise<PgBossPackage> {
  try {
    return await import("pg-boss");
  } catch (cause) {
    throw new OutboxError("WX_OUTBOX_PEER", "The engine pg-boss needs the package pg-boss: npm i pg-boss", { cause });
  }
}
