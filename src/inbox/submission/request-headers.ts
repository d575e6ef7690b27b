/** What a client asks for in `X-Waxseal-` headers: read, checked, and never sent on. */
import { decodeWords } from "postal-mime";
import { hintFor } from "../../base/index.ts";
import { SubmissionError } from "./errors.ts";
import { PRIORITIES, type SubmissionPriority } from "./key-settings.ts";

/** What the headers of one message asked for. */
export interface SubmissionRequest {
  priority?: SubmissionPriority;
  tags?: readonly string[];
  metadata?: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  sendAt?: number;
  /** Milliseconds since 1970. */
  expiresAt?: number;
  idempotencyKey?: string;
  group?: string;
  stream?: string;
  sensitive?: boolean;
}

/** A header field: its name in lower case, and its value unfolded. */
export interface NamedValue {
  name: string;
  value: string;
}

const PREFIX = "x-waxseal-";

/** True for a header that is for us. */
export function isRequestHeader(name: string): boolean {
  return name.startsWith(PREFIX);
}

const readers: Readonly<Record<string, (value: string) => SubmissionRequest>> = {
  "X-Waxseal-Priority": (value) => ({ priority: readPriority(value) }),
  "X-Waxseal-Tags": (value) => ({ tags: readTags(value) }),
  "X-Waxseal-Metadata": (value) => ({ metadata: readMetadata(value) }),
  "X-Waxseal-Send-At": (value) => ({ sendAt: readTime("X-Waxseal-Send-At", value) }),
  "X-Waxseal-Expires-At": (value) => ({ expiresAt: readTime("X-Waxseal-Expires-At", value) }),
  "X-Waxseal-Idempotency-Key": (value) => ({ idempotencyKey: readWord("X-Waxseal-Idempotency-Key", value, 150) }),
  "X-Waxseal-Group": (value) => ({ group: readWord("X-Waxseal-Group", value, 100) }),
  "X-Waxseal-Stream": (value) => ({ stream: readWord("X-Waxseal-Stream", value, 100) }),
  "X-Waxseal-Sensitive": (value) => ({ sensitive: readFlag(value) }),
};

const namesByLower = new Map(Object.keys(readers).map((name) => [name.toLowerCase(), name]));

/**
 * What the headers ask for.
 *
 * @param headers Those for which `isRequestHeader` is true.
 * @throws SubmissionError `WX_SUBMISSION_HEADER`
 */
export function readRequest(headers: readonly NamedValue[], now: number): SubmissionRequest {
  let request: SubmissionRequest = {};
  const seen = new Set<string>();
  for (const { name, value } of headers) {
    const known = namesByLower.get(name);
    if (known === undefined)
      throw bad(capitalized(name), `there is no such header. ${hintFor(name, [...namesByLower.values()])}`);
    if (seen.has(known)) throw bad(known, "it is there twice. Write it once.");
    seen.add(known);
    request = { ...request, ...readers[known]?.(decodeWords(value).trim()) };
  }
  const { sendAt = now, expiresAt } = request;
  if (expiresAt !== undefined && expiresAt <= Math.max(sendAt, now)) {
    throw bad("X-Waxseal-Expires-At", "it is over before the message is sent. Give a later time.");
  }
  return request;
}

function readPriority(value: string): SubmissionPriority {
  const found = PRIORITIES.find((priority) => priority === value.toLowerCase());
  if (found !== undefined) return found;
  throw bad("X-Waxseal-Priority", `it is ${shown(value)}; it must be one of ${PRIORITIES.join(", ")}.`);
}

function readTags(value: string): readonly string[] {
  const tags = value.split(",").map((tag) => tag.trim());
  if (tags.length <= 20 && tags.every((tag) => tag !== "" && tag.length <= 100)) return tags;
  throw bad("X-Waxseal-Tags", "it must be 1 to 20 tags with commas between them, each of 1 to 100 characters.");
}

function readMetadata(value: string): Readonly<Record<string, string>> {
  try {
    const data: unknown = JSON.parse(value);
    const isFlat = typeof data === "object" && data !== null && !Array.isArray(data);
    if (isFlat && Object.values(data).every((one) => typeof one === "string")) return data as Record<string, string>;
  } catch {
    // Told below, with what is right.
  }
  throw bad("X-Waxseal-Metadata", 'it must be a JSON object whose values are texts, such as {"order":"17"}.');
}

/** RFC 3339, which says what zone it means, as nothing else that people write does. */
const TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:\d\d)$/;

function readTime(name: string, value: string): number {
  const time = TIME.test(value) ? Date.parse(value.replace(" ", "T").toUpperCase()) : NaN;
  if (!Number.isNaN(time)) return time;
  throw bad(name, `it is ${shown(value)}; it must be a time with its zone, such as 2027-01-31T09:00:00Z.`);
}

function readWord(name: string, value: string, longest: number): string {
  if (value !== "" && value.length <= longest && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value)) return value;
  throw bad(name, `it must be 1 to ${longest} characters that can be seen.`);
}

function readFlag(value: string): boolean {
  if (/^(?:true|yes|1)$/i.test(value)) return true;
  if (/^(?:false|no|0)$/i.test(value)) return false;
  throw bad("X-Waxseal-Sensitive", `it is ${shown(value)}; it must be true or false.`);
}

function capitalized(name: string): string {
  return name.slice(0, 76).replace(/(?<![^-])[a-z]/g, (letter) => letter.toUpperCase());
}

function shown(value: string): string {
  return JSON.stringify(value.length > 48 ? `${value.slice(0, 48)}…` : value);
}

function bad(name: string, problem: string): SubmissionError {
  return new SubmissionError("WX_SUBMISSION_HEADER", `${name}: ${problem}`);
}
