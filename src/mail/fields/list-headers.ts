/** The headers of a list (RFC 2369, RFC 2919), and leaving it by one click (RFC 8058). */
import { findUnknownOption } from "../../base/index.ts";
import { toAsciiAddress } from "../addr-spec.ts";
import { isAtoms, quoteName } from "../address.ts";
import type { ListHeaders } from "../message-fields.ts";
import { encodedWords } from "../mime/encoded-word.ts";
import { headerText } from "../text.ts";
import { badValue } from "./refusal.ts";

type Action = Exclude<keyof ListHeaders, "oneClick" | "id">;

const actions = {
  help: "List-Help",
  unsubscribe: "List-Unsubscribe",
  subscribe: "List-Subscribe",
  post: "List-Post",
  owner: "List-Owner",
  archive: "List-Archive",
} satisfies Record<Action, string>;

const LIST_ID = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)+$/;
/** RFC 2919, section 2. */
const MAX_LIST_ID = 255;
/** What may stand between the angle brackets: no blank, and nothing that ends them. */
const URL_IN_BRACKETS = /^[!-;=?-~]+$/;

/**
 * The headers by name.
 *
 * @throws MessageError WX_MESSAGE_VALUE, WX_MESSAGE_ADDRESS
 */
export function listHeaders(list: ListHeaders): Record<string, string> {
  const unknown = findUnknownOption(list, [...Object.keys(actions), "oneClick", "id"]);
  if (unknown !== undefined) throw badValue("list", unknown.name, "is not one of its headers", unknown.hint);
  const headers: Record<string, string> = {};
  for (const [action, name] of Object.entries(actions) as [Action, string][]) {
    const targets = targetsOf(list[action], `list.${action}`);
    if (targets.length > 0) headers[name] = targets.join(", ");
  }
  if (list.id !== undefined && list.id !== null) headers["List-ID"] = listId(list.id);
  if (isOneClick(list)) headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click";
  return headers;
}

function targetsOf(given: string | readonly string[] | undefined, field: string): string[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) return [target(given as string, field)];
  return (given as readonly string[]).map((item, index) => target(item, `${field}[${index}]`));
}

/** A URL or an address, in angle brackets. */
function target(given: string, field: string): string {
  const text = headerText(given, field);
  if (field === "list.post" && text === "NO") return text; // RFC 2369, section 3.4: nobody may write to the list
  const url = /^(?:https?|mailto):/i.test(text) ? plainUrl(text) : mailtoUrl(text, field);
  if (url !== undefined && URL_IN_BRACKETS.test(url)) return `<${url}>`;
  throw badValue(
    field,
    text,
    "is neither an address nor a URL",
    "Give an address, or a URL of https:, http: or mailto:",
  );
}

function plainUrl(text: string): string | undefined {
  return URL.canParse(text) ? new URL(text).href : undefined;
}

function mailtoUrl(address: string, field: string): string | undefined {
  if (!address.includes("@")) return undefined;
  const ascii = toAsciiAddress(address, field);
  const at = ascii.lastIndexOf("@");
  return `mailto:${encodeURIComponent(ascii.slice(0, at))}${ascii.slice(at)}`;
}

/** RFC 8058, section 3.1: one https: URL, and no http: one beside it. */
function isOneClick({ unsubscribe, oneClick }: ListHeaders): boolean {
  if (oneClick === false) return false;
  const webUrls = [unsubscribe ?? []].flat().filter((url) => /^https?:/i.test(url));
  if (webUrls.length === 1 && /^https:/i.test(webUrls[0] ?? "")) return true;
  if (oneClick === undefined) return false;
  throw badValue(
    "list.oneClick",
    undefined,
    "needs exactly one https: URL in list.unsubscribe",
    "Give one, or leave oneClick out",
  );
}

/** RFC 2919, section 3. */
function listId(given: NonNullable<ListHeaders["id"]>): string {
  const { name, id } = typeof given === "string" ? { name: "", id: given } : given;
  const field = typeof given === "string" ? "list.id" : "list.id.id";
  const text = headerText(id, field);
  if (text.length > MAX_LIST_ID || !LIST_ID.test(text)) {
    throw badValue(
      field,
      text,
      "is not the id of a list",
      "Write words with dots between them, such as news.example.com",
    );
  }
  const phrase = headerText(name, "list.id.name");
  return phrase === "" ? `<${text}>` : `${written(phrase)} <${text}>`;
}

/** The name as a header takes it: an atom, in quotes, or encoded. */
function written(name: string): string {
  const isMistakable = name.includes("=?");
  if (isAtoms(name) && name.length <= 60 && !isMistakable) return name;
  const isQuotable = /^(?! )[ -~]{1,60}(?<! )$/.test(name) && !isMistakable;
  return isQuotable ? quoteName(name) : encodedWords(name, 75 - "List-ID: ".length).join(" ");
}
