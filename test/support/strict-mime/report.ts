/** What a check found, as values. */

/** A rule that a message breaks. */
export interface Broken {
  /** The rule's short name, such as `bare-cr`. */
  rule: string;
  /** Where in the message, in octets from its start. */
  offset: number;
  detail: string;
}

/** Collects what is broken. */
export class Report {
  /** Headers may hold UTF-8 (RFC 6532). */
  readonly utf8: boolean;
  readonly #found: Broken[] = [];

  constructor(utf8 = false) {
    this.utf8 = utf8;
  }

  unless(holds: boolean, rule: string, offset: number, detail: string): void {
    if (!holds) this.#found.push({ rule, offset, detail: JSON.stringify(detail.slice(0, 120)) });
  }

  broken(rule: string, offset: number, detail: string): void {
    this.unless(false, rule, offset, detail);
  }

  inOrder(): Broken[] {
    return this.#found.toSorted((a, b) => a.offset - b.offset);
  }
}
