/** Addresses as reports write them: with their type in front (RFC 3464, section 2.1.2), and in xtext where a sender gave them (RFC 3461, section 4). */

/** `rfc822; ann@example.com` or `utf-8; ...` as the address alone; empty where it is none. */
export function readTypedAddress(value: string | undefined): string {
  if (value === undefined) return "";
  const semicolon = value.indexOf(";");
  const type = semicolon < 0 ? "rfc822" : value.slice(0, semicolon).trim().toLowerCase();
  if (type !== "rfc822" && type !== "utf-8" && type !== "utf8") return "";
  return plainAddress(decodeXtext(value.slice(semicolon + 1)));
}

/** Without brackets, comments and blanks; empty where no address is left. */
export function plainAddress(text: string): string {
  const bracketed = /<([^<>]*)>/.exec(text.slice(0, 1000))?.[1] ?? text;
  const address = bracketed.replaceAll(/^[\s"']+|[\s"']+$/g, "");
  return address.length <= 320 && /^[^\s@][^\s]*@[^\s@]+$/.test(address) ? address : "";
}

/** `+2B` stands for `+`; what is no such pair is left as it is, since many servers write plain text. */
function decodeXtext(text: string): string {
  return text.replaceAll(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
