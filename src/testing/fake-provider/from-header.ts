/** What a provider reads of a message's From. */

/** Each header line of a message, folds and all. */
function headerField(bytes: Buffer, name: string): string | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  const header = bytes.toString("latin1", 0, end === -1 ? bytes.length : end);
  const fields = header.split(/\r\n(?![ \t])/);
  return fields
    .find((field) => field.toLowerCase().startsWith(`${name}:`))
    ?.slice(name.length + 1)
    .trim();
}

/** The address in the header From; empty where there is none. */
export function fromAddress(bytes: Buffer): string {
  const value = headerField(bytes, "from") ?? "";
  return (/<([^<>]*)>\s*$/.exec(value)?.[1] ?? value).trim();
}

// service.mail.qq.com/detail/124/995: a nickname in ASCII, or =?UTF-8?B?...?= and a blank, before <address>.
const ASCII_NAME = /^(?:(?!=\?)[\x20-\x7e])*$/;
const ENCODED_NAME = /^(?:=\?utf-8\?b\?[A-Za-z0-9+/=]+\?= )+$/i;

/** Whether QQ takes the header From: one line, and the name in one of two forms. */
export function isFromForQq(bytes: Buffer): boolean {
  const value = headerField(bytes, "from");
  if (value === undefined || value.includes("\r\n")) return false;
  if (/^[^\s<>]+@[^\s<>]+$/.test(value)) return true;
  const name = /^(.*)<[^<>\s]+@[^<>\s]+>$/.exec(value)?.[1];
  return name !== undefined && (ASCII_NAME.test(name) || ENCODED_NAME.test(name));
}
