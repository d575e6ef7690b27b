/**
 * A strict checker of a composed message, written from the RFCs (5322, 2045-2047, 2231) and sharing no code with the program.
 *
 * It is stricter than a reader must be: what is legal but no composer of ours should write (comments, groups, a lone LF,
 * an 8-bit body, an encoded-word inside quotes) is a broken rule too.
 */
import { checkEntity } from "./strict-mime/entity.ts";
import { checkContentIds } from "./strict-mime/content-ids.ts";
import { checkField } from "./strict-mime/fields.ts";
import { readHeader } from "./strict-mime/header.ts";
import { checkLines } from "./strict-mime/lines.ts";
import { type Broken, Report } from "./strict-mime/report.ts";

export type { Broken } from "./strict-mime/report.ts";

/** Once in every message. */
const ONCE = ["from", "date", "message-id", "mime-version"];
/** Once at the most (RFC 5322, section 3.6). */
const ONCE_AT_MOST = ["sender", "reply-to", "to", "cc", "subject", "in-reply-to", "references"];
/** Would show who else got the message. */
const NEVER = ["bcc", "resent-bcc"];

/**
 * The rules that a message breaks, in the order of their offsets; empty for a sound one.
 *
 * @param options `utf8` for a message that may hold UTF-8 in its header (RFC 6532).
 */
export function brokenRules(bytes: Uint8Array, options: { utf8?: boolean } = {}): Broken[] {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const report = new Report(options.utf8);
  checkLines(source, report);
  const { fields, bodyAt } = readHeader(source, 0, source.length, report);
  const names = fields.map(({ key }) => key);
  const count = (name: string): number => names.filter((other) => other === name).length;
  for (const name of ONCE) report.unless(count(name) === 1, "once", 0, `${name} stands there ${count(name)} times`);
  for (const name of ONCE_AT_MOST)
    report.unless(count(name) < 2, "once", 0, `${name} stands there ${count(name)} times`);
  for (const name of NEVER) report.unless(count(name) === 0, "never", 0, `${name} is in the header`);
  for (const field of fields) checkField(field, report);
  const leaves = checkEntity({ source, fields, bodyAt, end: source.length, enclosing: [] }, report);
  checkContentIds(leaves, report);
  return report.inOrder();
}
