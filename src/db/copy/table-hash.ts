/** What a table holds, as one number that is the same on every database and in whatever order the rows are read. */
import { createHash, type Hash } from "node:crypto";

/** A row of any table. */
export type Row = Readonly<Record<string, unknown>>;

const LIMIT = 1n << 256n;

/** Counts rows and adds up their SHA-256 digests. */
export class TableHash {
  rows = 0;
  #sum = 0n;

  add(row: Row): void {
    const hash = createHash("sha256");
    for (const name of Object.keys(row).toSorted()) {
      addValue(hash, name);
      addValue(hash, row[name]);
    }
    this.#sum = (this.#sum + BigInt(`0x${hash.digest("hex")}`)) % LIMIT;
    this.rows += 1;
  }

  /** 64 hexadecimal digits. */
  digest(): string {
    return this.#sum.toString(16).padStart(64, "0");
  }
}

/** A value with its kind and length before it, so that no two rows read alike. */
function addValue(hash: Hash, value: unknown): void {
  if (value === null) hash.update("n;");
  else if (typeof value === "number" || typeof value === "bigint") hash.update(`i${value};`);
  else if (value instanceof Uint8Array) hash.update(`b${value.length};`).update(value);
  else {
    const text = Buffer.from(String(value));
    hash.update(`s${text.length};`).update(text);
  }
}
