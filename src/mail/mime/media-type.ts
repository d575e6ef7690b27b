/** Media types: checked where they are given, guessed from a file's name where they are not. */
import { MessageError } from "../errors.ts";
import { headerText } from "../text.ts";

export const DEFAULT_MEDIA_TYPE = "application/octet-stream";
/** A message inside a message (RFC 2046, section 5.2.1). */
export const MESSAGE_TYPE = "message/rfc822";

const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?: ?; ?[\w!#$&^.+-]+=(?:[\w!#$&^.+-]+|"[ !#-:<-[\]-~]*"))*$/;
const MAX_LENGTH = 200;

const BY_EXTENSION: ReadonlyMap<string, string> = new Map([
  ["avif", "image/avif"],
  ["csv", "text/csv"],
  ["doc", "application/msword"],
  ["docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  ["eml", MESSAGE_TYPE],
  ["gif", "image/gif"],
  ["gz", "application/gzip"],
  ["htm", "text/html"],
  ["html", "text/html"],
  ["ics", "text/calendar"],
  ["jpeg", "image/jpeg"],
  ["jpg", "image/jpeg"],
  ["json", "application/json"],
  ["md", "text/markdown"],
  ["mp3", "audio/mpeg"],
  ["mp4", "video/mp4"],
  ["odt", "application/vnd.oasis.opendocument.text"],
  ["pdf", "application/pdf"],
  ["png", "image/png"],
  ["ppt", "application/vnd.ms-powerpoint"],
  ["pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"],
  ["svg", "image/svg+xml"],
  ["txt", "text/plain"],
  ["wav", "audio/wav"],
  ["webp", "image/webp"],
  ["xls", "application/vnd.ms-excel"],
  ["xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
  ["xml", "application/xml"],
  ["zip", "application/zip"],
]);

/** The media type that a file's name suggests. */
export function guessMediaType(filename: string): string {
  const dot = filename.lastIndexOf(".");
  return BY_EXTENSION.get(filename.slice(dot + 1).toLowerCase()) ?? DEFAULT_MEDIA_TYPE;
}

/** The charset that a media type names, without quotes. */
export function charsetOf(type: string): string | undefined {
  return /; ?charset="?([^";]+)/i.exec(type)?.[1];
}

/** True for text that is read in place, or that readers decode by its charset. */
export function isText(type: string): boolean {
  return /^text\//i.test(type);
}

/**
 * The media type, when a body of one's own may have it.
 *
 * `multipart/*` and `message/*` are refused, `message/rfc822` aside: they may not be encoded, and what they hold is not
 * checked.
 *
 * @throws MessageError WX_MESSAGE_CONTENT_TYPE
 */
export function checkMediaType(type: string, field: string): string {
  const text = headerText(type, field);
  if (text.length > MAX_LENGTH || !MEDIA_TYPE.test(text)) {
    throw new MessageError("WX_MESSAGE_CONTENT_TYPE", {
      field,
      value: text,
      problem: "is not a media type",
      fix: "Write type/subtype, such as application/pdf or text/calendar; method=REQUEST",
    });
  }
  if (namesTwice(text)) {
    throw new MessageError("WX_MESSAGE_CONTENT_TYPE", {
      field,
      value: text,
      problem: "names a parameter twice",
      fix: "Leave one of them out: readers differ about which of them counts",
    });
  }
  if (!/^(?:multipart\/|message\/(?!rfc822(?: ?;|$)))/i.test(text)) return text;
  throw new MessageError("WX_MESSAGE_CONTENT_TYPE", {
    field,
    value: text,
    problem: "is a type whose content may not be encoded",
    fix: `Attach it as ${DEFAULT_MEDIA_TYPE}, or give the finished part as raw`,
  });
}

function namesTwice(type: string): boolean {
  const names = Array.from(type.matchAll(/; ?([\w!#$&^.+-]+)=/g), ([, name = ""]) => name.toLowerCase());
  return new Set(names).size < names.length;
}
