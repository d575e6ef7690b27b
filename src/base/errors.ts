/** The root of every error Waxseal throws: a stable code beside the text, and an `instanceof` that survives two copies of the package. */

const BRANDS: unique symbol = Symbol.for("waxseal.error.brands");

/** The names of a class and its ancestors; `instanceof` compares these, not the constructors. */
function brandsOf(constructor: object): string[] {
  const names: string[] = [];
  for (let current: object | null = constructor; current !== null; current = Object.getPrototypeOf(current)) {
    if (Object.hasOwn(current, "brand")) names.push((current as { brand: string }).brand);
  }
  return names;
}

/**
 * An error with a stable code.
 *
 * Each subclass declares `static override readonly brand`, its name for `instanceof`.
 *
 * @example
 * try { ... } catch (error) { if (error instanceof WaxsealError) console.error(error.code) }
 */
export class WaxsealError extends Error {
  static readonly brand: string = "WaxsealError";
  /** Stable identifier, `WX_...`; every one is explained in docs/reference/errors.md. */
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options !== undefined && "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    const brands = brandsOf(new.target);
    Object.defineProperty(this, "name", { value: brands[0] ?? "WaxsealError", configurable: true, writable: true });
    Object.defineProperty(this, BRANDS, { value: brands });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    const brands = (value as { [BRANDS]?: unknown })[BRANDS];
    const own = brandsOf(this)[0];
    return Array.isArray(brands) && own !== undefined && brands.includes(own);
  }
}

/** The text of anything thrown, for a log line or a message to a person. It never throws itself. */
export function describeError(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return "an error that cannot be shown";
  }
}
