/** Reads header fields and the groups of fields that reports are made of (RFC 5322, section 2.2; RFC 3464, section 2.1). */

/** Fields by lower-case name; of a field that stands there twice, the first counts. */
export type Fields = ReadonlyMap<string, string>;

/** The groups of fields that empty lines divide, at most `limit` of them. */
export function readFieldGroups(text: string, limit: number): Fields[] {
  const groups: Fields[] = [];
  let group = new Map<string, string>();
  let last = "";
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line.trim() === "") {
      if (group.size > 0) groups.push(group);
      if (groups.length >= limit) return groups;
      group = new Map();
      last = "";
    } else if (/^[ \t]/.test(line)) {
      if (last !== "") group.set(last, folded(group.get(last) ?? "", line));
    } else {
      last = addField(group, line);
    }
  }
  if (group.size > 0) groups.push(group);
  return groups;
}

/** No value is let grow beyond this, in characters. */
const LONGEST_VALUE = 4000;

function folded(value: string, line: string): string {
  return value.length > LONGEST_VALUE ? value : `${value} ${line.trim()}`;
}

/** The name of the field that the line begins; empty where it begins none, or one that was there already. */
function addField(group: Map<string, string>, line: string): string {
  const colon = line.indexOf(":");
  if (colon <= 0) return "";
  const name = line.slice(0, colon).trim().toLowerCase();
  if (group.has(name)) return "";
  group.set(name, line.slice(colon + 1, colon + 1 + LONGEST_VALUE).trim());
  return name;
}

/** The first group of a text: a header. */
export function readHeader(text: string): Fields {
  return readFieldGroups(text, 1)[0] ?? new Map();
}

/** Message-IDs, with brackets, in a field such as References; the last ones where there are many. */
export function messageIdsIn(value: string | undefined): string[] {
  return [...(value ?? "").matchAll(/<[^<>\s]{3,400}>/g)].map(([id]) => id).slice(-10);
}
