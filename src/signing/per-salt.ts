/** What is made once for each salt and kept, because deriving a key costs more than signing with it. */
import { saltBytes } from "./options.ts";

/** Salts are a program's few purposes; should it use one per user instead, memory stays bounded. */
const MAX_KEPT = 16;

/** Keeps what `make` makes of the salts in use. */
export class PerSalt<T> {
  readonly #make: (salt: string | Uint8Array) => T;
  readonly #kept = new Map<string, T>();

  constructor(make: (salt: string | Uint8Array) => T) {
    this.#make = make;
  }

  /** The one of `salt`. */
  get(salt: string | Uint8Array): T {
    const name = typeof salt === "string" ? `text:${salt}` : `bytes:${saltBytes(salt).toString("hex")}`;
    let made = this.#kept.get(name);
    if (made === undefined) {
      made = this.#make(salt);
      if (this.#kept.size >= MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value ?? "");
      this.#kept.set(name, made);
    }
    return made;
  }
}
