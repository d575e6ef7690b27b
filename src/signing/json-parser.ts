/** A reader of JSON that hands every number and object to its caller as it is written, for what JSON.parse would lose. */

/** Makes the values that JSON.parse would make otherwise. */
export interface JsonFactory {
  /** @param text The digits of an integer, with its sign. */
  integer(text: string): unknown;
  /** @param value Of a number with fraction or exponent, or NaN, or an infinity. */
  float(value: number): unknown;
  /** @param members In the order of the text; a name may come more than once. */
  object(members: readonly [name: string, value: unknown][]): unknown;
}

/** As deep as Python's own reader goes (its recursion limit). */
const MAX_DEPTH = 1000;

/** The next token: a string, a number, a word, or a single sign; `y` reads on where the last one ended. */
const TOKEN =
  /[ \t\n\r]*(?:("(?:[^"\\\u0000-\u001f]|\\.)*")|(-?(?:0|[1-9]\d*))((?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\d.])|(-?[A-Za-z]+)|([[\]{}:,]))/y;

/** Words that are values; the last three are Python's own. */
const WORDS: ReadonlyMap<string, boolean | number | null> = new Map<string, boolean | number | null>([
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

/** A token: a value of its own, or one of the signs `[]{}:,`. */
type Token = { value: unknown; isString: boolean } | string;

class Parser {
  readonly #text: string;
  readonly #factory: JsonFactory;
  #at = 0;

  constructor(text: string, factory: JsonFactory) {
    this.#text = text;
    this.#factory = factory;
  }

  document(): unknown {
    const value = this.#value(this.#next(), 0);
    if (/[^ \t\n\r]/.test(this.#text.slice(this.#at))) this.#fail();
    return value;
  }

  #fail(): never {
    throw new SyntaxError(`not JSON, from character ${this.#at} on`);
  }

  #next(): Token {
    TOKEN.lastIndex = this.#at;
    const [token, string, integer, rest, word, sign] = TOKEN.exec(this.#text) ?? [];
    if (token === undefined) this.#fail();
    this.#at = TOKEN.lastIndex;
    if (sign !== undefined) return sign;
    if (string !== undefined) return { value: JSON.parse(string) as string, isString: true };
    if (integer !== undefined) {
      const value = rest === "" ? this.#factory.integer(integer) : this.#factory.float(Number(integer + (rest ?? "")));
      return { value, isString: false };
    }
    const value = WORDS.get(word ?? "");
    if (value === undefined) this.#fail();
    return { value: typeof value === "number" ? this.#factory.float(value) : value, isString: false };
  }

  #value(token: Token, depth: number): unknown {
    if (depth > MAX_DEPTH) throw new SyntaxError(`JSON nested deeper than ${MAX_DEPTH} levels`);
    if (typeof token !== "string") return token.value;
    if (token === "[") return this.#array(depth + 1);
    if (token === "{") return this.#object(depth + 1);
    return this.#fail();
  }

  #array(depth: number): unknown[] {
    const items: unknown[] = [];
    let token = this.#next();
    if (token === "]") return items;
    for (;;) {
      items.push(this.#value(token, depth));
      token = this.#next();
      if (token === "]") return items;
      if (token !== ",") this.#fail();
      token = this.#next();
    }
  }

  #object(depth: number): unknown {
    const members: [string, unknown][] = [];
    let token = this.#next();
    if (token === "}") return this.#factory.object(members);
    for (;;) {
      if (typeof token === "string" || !token.isString) this.#fail();
      if (this.#next() !== ":") this.#fail();
      members.push([token.value as string, this.#value(this.#next(), depth)]);
      token = this.#next();
      if (token === "}") return this.#factory.object(members);
      if (token !== ",") this.#fail();
      token = this.#next();
    }
  }
}

/**
 * The value of a JSON text, with `NaN`, `Infinity` and `-Infinity` as Python writes and reads them.
 *
 * @throws SyntaxError for text that is not JSON, or nested deeper than 1000 levels.
 */
export function parseJson(text: string, factory: JsonFactory): unknown {
  return new Parser(text, factory).document();
}

/** More digits Python does not read either, since its 3.11; reading them takes time that grows faster than they do. */
const MAX_DIGITS = 4300;

/**
 * An integer: a number where that is exact, else a bigint.
 *
 * @throws SyntaxError for more than 4300 digits.
 */
export function readInteger(text: string): number | bigint {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  if (text.length > MAX_DIGITS) throw new SyntaxError(`an integer of more than ${MAX_DIGITS} digits`);
  return BigInt(text);
}
