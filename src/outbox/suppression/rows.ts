/** Entries of the suppression list as rows, and back. */
import { addressKeyOf } from "./address-key.ts";
import { reasonOf } from "./rules.ts";
import type { SuppressionKey, SuppressionRow } from "./store.ts";
import type { Suppression } from "./types.ts";

export function rowOf(addressKey: string, entry: Suppression): SuppressionRow {
  return {
    address_key: addressKey,
    stream: entry.stream,
    reason: entry.reason,
    address: entry.address,
    detail: entry.detail,
    message_id: entry.messageId ?? null,
    created_at: entry.createdAt,
    expires_at: entry.expiresAt ?? null,
  };
}

export function entryOf(row: SuppressionRow): Suppression {
  return {
    address: row.address,
    stream: row.stream,
    reason: reasonOf(row.reason) ?? "manual",
    detail: row.detail,
    messageId: row.message_id ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
  };
}

export function keyOf({ address, stream, reason }: Pick<Suppression, "address" | "stream" | "reason">): SuppressionKey {
  return { address_key: addressKeyOf(address), stream, reason };
}
