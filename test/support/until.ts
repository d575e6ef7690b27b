/** Waits for something that only looking can tell. */

/** The first answer of `look` that is neither undefined nor false; the test's own time-out is the limit. */
export async function until<T>(look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
