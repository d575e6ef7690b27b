/** Text as bytes in GBK, in which old Chinese servers answer; Node only reads it. */

let bytesByCharacter: ReadonlyMap<string, readonly [number, number]> | undefined;

/** Every character of two bytes, found by reading all of them once. */
function table(): ReadonlyMap<string, readonly [number, number]> {
  const decoder = new TextDecoder("gbk");
  const found = new Map<string, readonly [number, number]>();
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      const character = decoder.decode(Uint8Array.of(lead, trail));
      if (character.length === 1 && character !== "\ufffd") found.set(character, [lead, trail]);
    }
  }
  return found;
}

/** A character that GBK does not have becomes a question mark. */
export function encodeGbk(text: string): Buffer {
  bytesByCharacter ??= table();
  const known = bytesByCharacter;
  return Buffer.from(
    Array.from(text).flatMap((character) =>
      character <= "\x7f" ? [character.charCodeAt(0)] : [...(known.get(character) ?? [0x3f])],
    ),
  );
}
