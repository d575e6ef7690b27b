/** Reads message/delivery-status (RFC 3464): for the message one group of fields, then one for each recipient. */
import { type Fields, readFieldGroups } from "./fields.ts";
import { detailOf, MOST_RECIPIENTS, type ReportedRecipient, type ReportKind } from "./report.ts";
import { bounceKind, statusIn } from "./severity.ts";
import { readTypedAddress } from "./typed-address.ts";

/** The recipients that could be read; a group without an address or a known action is left out. */
export function readDeliveryStatus(text: string): ReportedRecipient[] {
  const groups = readFieldGroups(text, MOST_RECIPIENTS + 1);
  const isRecipient = (group: Fields): boolean => group.has("final-recipient") || group.has("original-recipient");
  const message = groups.find((group) => !isRecipient(group)) ?? new Map<string, string>();
  return groups.filter(isRecipient).flatMap((group) => readRecipient(group, message));
}

function readRecipient(group: Fields, message: Fields): ReportedRecipient[] {
  const original = readTypedAddress(group.get("original-recipient"));
  const final = readTypedAddress(group.get("final-recipient"));
  const status = statusIn(group.get("status") ?? "");
  const diagnostic = withoutType(group.get("diagnostic-code"));
  const kind = kindOf(group.get("action"), status, diagnostic);
  if (kind === undefined || (original === "" && final === "")) return [];
  const server = withoutType(group.get("remote-mta") ?? message.get("reporting-mta"));
  const retryUntil = timeOf(group.get("will-retry-until"));
  return [
    {
      address: original === "" ? final : original,
      ...(original !== "" && final !== "" && final !== original && { aliases: [final] }),
      kind,
      // Where Status is vague, the server's own code says more.
      status: /^\d\.0\.0$/.test(status) ? statusIn(diagnostic) || status : status,
      detail: detailOf(diagnostic || `${group.get("action") ?? ""} ${status}`),
      server: detailOf(server),
      ...(retryUntil !== undefined && { retryUntil }),
    },
  ];
}

/** RFC 3464, section 2.3.3; `relayed` and `expanded` went where nobody reports from. */
function kindOf(action: string | undefined, status: string, diagnostic: string): ReportKind | undefined {
  const word = /^\s*([a-z]+)/i.exec(action ?? "")?.[1]?.toLowerCase();
  const telling = /^\d\.0\.0$/.test(status) ? statusIn(diagnostic) || status : status;
  if (word === "failed") return bounceKind(telling, diagnostic);
  if (word === "delayed") return "delayed";
  return word === "delivered" || word === "relayed" || word === "expanded" ? "delivered" : undefined;
}

/** `smtp; 550 ...` or `dns; mx.example.com` without its type. */
function withoutType(value: string | undefined): string {
  return (value ?? "").replace(/^\s*[\w-]{1,40}\s*;/, "").trim();
}

function timeOf(value: string | undefined): number | undefined {
  const at = Date.parse((value ?? "").slice(0, 100));
  return Number.isNaN(at) ? undefined : at;
}
