/** What a token shows to whoever holds it, and which secret signed it. */
import { inflateSync } from "node:zlib";
import { BadData, losslessJson, SignatureExpired } from "../signing/index.ts";
import { encode } from "./terminal.ts";
import {
  djangoTime,
  formats,
  type ReadToken,
  showValue,
  type TokenFormat,
  type TokenSettings,
} from "./token-formats.ts";

/** More than this is not inflated for a look. */
const MAX_SHOWN_BYTES = 64 * 1024;

interface Look {
  /** The formats it may be of. */
  candidates: readonly TokenFormat[];
  rows: readonly (readonly [label: string, text: string])[];
}

/** The lines to print about a token: its parts as they can be read without a secret, then what the secrets say of it. */
export function describeToken(token: string, settings: TokenSettings, format?: TokenFormat): string[] {
  const look = lookAt(token);
  const candidates = format === undefined ? look.candidates : [format];
  const rows = [
    ["format", candidates.map(({ title }) => title).join(" or ") || "none that is known here"] as const,
    ...look.rows,
    ["signature", verdict(token, settings, candidates)] as const,
  ];
  // Anyone may have written the token, and its text must not look like another row.
  return rows.map(([label, text]) => `${label.padEnd(10)} ${encode(text)}`);
}

function lookAt(token: string): Look {
  const header = jsonOf(token.split(".")[0] ?? "");
  if (token.split(".").length === 3 && typeof header === "object" && header !== null && "alg" in header) {
    return lookAtJws(token, header as Record<string, unknown>);
  }
  if (/^\.?[\w-]+:[0-9A-Za-z]+:[\w-]+$/.test(token)) {
    return {
      candidates: pick("django"),
      rows: [["payload", payloadOf(token.split(":").slice(0, -2).join(":"))], ...timeRow("made", djangoTime(token))],
    };
  }
  return lookAtSigned(token);
}

function lookAtJws(token: string, header: Record<string, unknown>): Look {
  return {
    candidates: pick("exp" in header ? "timed-jws" : "jws"),
    rows: [
      ["header", showValue(header)],
      ["payload", payloadOf(token.split(".")[1] ?? "")],
      ...timeRow("made", dateOf(header["iat"])),
      ...timeRow("ends", dateOf(header["exp"])),
    ],
  };
}

/** itsdangerous' own: a payload, a time in some, a signature. */
function lookAtSigned(token: string): Look {
  const parts = token.split(".");
  const begin = parts[0] === "" ? 2 : 1;
  const isUrlSafe = /^\.?[\w-]+$/.test(parts.slice(0, begin).join("."));
  const time = parts.length - begin >= 2 ? dateOfBytes(parts.at(-2) ?? "") : undefined;
  const body = parts.slice(0, time === undefined ? -1 : -2).join(".");
  const kinds = isUrlSafe ? ["url-safe-timed", "url-safe"] : ["timed", "plain"];
  return {
    candidates: parts.length < 2 ? [] : pick(kinds[time === undefined ? 1 : 0] ?? ""),
    rows: [["payload", isUrlSafe ? payloadOf(body) : body], ...timeRow("made", time)],
  };
}

const pick = (name: string): TokenFormat[] => (formats[name] === undefined ? [] : [formats[name]]);

/** Says which secret signed it: the message "not checked" where there is none to check by. */
function verdict(token: string, settings: TokenSettings, candidates: readonly TokenFormat[]): string {
  if (settings.keys.length === 0) return "not checked: there is no secret (SECRET_KEY or --secret-file)";
  const salt = settings.salt === undefined ? "the default salt" : `salt "${settings.salt}"`;
  for (const format of candidates) {
    for (const [index, key] of settings.keys.entries()) {
      const of = settings.keys.length === 1 ? "by the secret" : `by secret ${index + 1} of ${settings.keys.length}`;
      const found = attempt(() => format.loads(token, { ...settings, keys: [key] }));
      if (found === "expired") return `good, ${of} with ${salt}, but the token has expired`;
      if (found !== undefined) return `good, ${of} with ${salt}`;
    }
  }
  return `bad: not signed by ${settings.keys.length === 1 ? "the secret" : "any of the secrets"} with ${salt} (see --salt, --format)`;
}

function attempt(load: () => ReadToken): ReadToken | "expired" | undefined {
  try {
    return load();
  } catch (error) {
    if (error instanceof SignatureExpired) return "expired";
    if (error instanceof BadData) return undefined;
    throw error;
  }
}

function payloadOf(part: string): string {
  const isCompressed = part.startsWith(".");
  try {
    const bytes = Buffer.from(isCompressed ? part.slice(1) : part, "base64url");
    const plain = isCompressed ? inflateSync(bytes, { maxOutputLength: MAX_SHOWN_BYTES }) : bytes;
    return showValue(losslessJson.loads(plain.toString("utf8")));
  } catch {
    return "(not JSON)";
  }
}

function jsonOf(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}

function timeRow(label: string, time: Date | undefined): [string, string][] {
  return time === undefined ? [] : [[label, time.toISOString().replace(".000Z", "Z")]];
}

function dateOf(seconds: unknown): Date | undefined {
  const date = new Date(Number(seconds) * 1000);
  return seconds === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

/** The time of itsdangerous: the fewest bytes that hold the seconds. */
function dateOfBytes(part: string): Date | undefined {
  const bytes = Buffer.from(part, "base64url");
  return bytes.length > 6 ? undefined : dateOf(bytes.length === 0 ? 0 : bytes.readUIntBE(0, bytes.length));
}
