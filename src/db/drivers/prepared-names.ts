/** Names under which Postgres keeps statements prepared, on each connection, instead of reading them anew each time. */

/** How many are kept; Waxseal has fewer. Those whose text grows with a list are many, and seldom come twice. */
const KEPT = 200;
const SEEN = 1000;
/** In characters; what is longer holds a list, and costs more to keep than to read. */
const LONGEST = 10_000;

export class PreparedNames {
  readonly #names = new Map<string, string | undefined>();
  readonly #seen = new Set<string>();

  /** The name of a statement, from its second time on; undefined for one that is not worth it, or may be several in one. */
  nameOf(text: string): string | undefined {
    if (this.#names.has(text)) return this.#names.get(text);
    if (this.#names.size >= KEPT || text.length > LONGEST || !isOneStatement(text)) return undefined;
    if (!this.#seen.has(text)) {
      if (this.#seen.size >= SEEN) this.#seen.clear();
      this.#seen.add(text);
      return undefined;
    }
    this.#seen.delete(text);
    const name = `waxseal_${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }

  /** Reads it anew from now on: the tables below it have changed. */
  forget(text: string): void {
    this.#names.set(text, undefined);
  }
}

function isOneStatement(text: string): boolean {
  return /^\s*(?:select|insert|update|delete|with)\b[^;]*$/i.test(text);
}
