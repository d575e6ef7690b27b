/** One commit for all that is asked for at the same time: a sync of the disk costs the same for one message as for hundreds. */

/** What is committed together, and how. */
export interface GroupCommitOptions<Item> {
  /**
   * Commits these, and answers each; a rejection means that nothing of them was written. When it is tried again after
   * that, it should do what the items ask for and no more.
   */
  commit(items: readonly Item[], isRetry: boolean): Promise<void>;
  /** How many bytes of memory an item holds. */
  weigh(item: Item): number;
  /** What becomes of an item that could not be committed. */
  fail(item: Item, error: unknown): void;
  /** True where the database as a whole did not do, so that trying the items one by one would not help. */
  isUnavailable(error: unknown): boolean;
}

/** Takes items, and commits them in turns. */
export interface GroupCommit<Item> {
  push(item: Item): void;
  /** Resolves when nothing is left to commit. */
  settled(): Promise<void>;
}

/** Bounds of one turn: beyond these a larger one is no cheaper for each item. */
const MOST_ITEMS = 512;
const MOST_BYTES = 16 * 1024 * 1024;

/** While a turn commits, the next one gathers. */
export function groupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const { commit, weigh, fail, isUnavailable } = options;
  let queue: Item[] = [];
  let running: Promise<void> | undefined;

  /** A turn that fails is cut in two and tried again, so that a bad item fails alone. */
  async function attempt(items: readonly Item[], isRetry = false): Promise<void> {
    try {
      await commit(items, isRetry);
    } catch (error) {
      if (isUnavailable(error) || (items.length === 1 && isRetry)) {
        for (const item of items) fail(item, error);
        return;
      }
      const half = items.length >> 1;
      if (half > 0) await attempt(items.slice(0, half), true);
      await attempt(items.slice(half), true);
    }
  }

  function nextTurn(): readonly Item[] {
    let bytes = 0;
    let count = 0;
    for (const item of queue) {
      bytes += weigh(item);
      if (count > 0 && (bytes > MOST_BYTES || count >= MOST_ITEMS)) break;
      count++;
    }
    const turn = queue.slice(0, count);
    queue = count === queue.length ? [] : queue.slice(count);
    return turn;
  }

  async function run(): Promise<void> {
    do {
      // Whoever asks in this pass of the event loop comes along.
      await new Promise((resolve) => setImmediate(resolve));
      await attempt(nextTurn());
    } while (queue.length > 0);
    running = undefined;
  }

  async function settled(): Promise<void> {
    if (running === undefined) return;
    await running;
    await settled();
  }

  return {
    push: (item) => {
      queue.push(item);
      running ??= run();
    },
    settled,
  };
}
