/** One commit for all that is asked for at the same time: a sync of the disk costs the same for one message as for hundreds. */

/** What is committed together, and how. */
export interface GroupCommitOptions<Item> {
  /**
   * Commits these, and gives what answers them; a rejection means that nothing of them was written. When it is
   * tried again after that, it should do what the items ask for and no more. It calls `left` as soon as the next one
   * may begin, whose items are committed after these; where it does not, that is when it ends.
   */
  commit(items: readonly Item[], isRetry: boolean, left: () => void): Promise<readonly (() => void)[]>;
  /** How many bytes of memory an item holds. */
  weigh(item: Item): number;
  /** What becomes of an item that could not be committed. */
  fail(item: Item, error: unknown): void;
  /** Whether somebody waits for it. What is not urgent gathers for as long as a commit is worth. */
  isUrgent(item: Item): boolean;
  /** True where two turns take no longer than one of both, so that one can be made while the other is committed. Default: false. */
  inHalves?: boolean;
  /** Whether it should not wait for the work that others make: every second turn, at the most, is for such items alone. Default: none. */
  goesAhead?(item: Item): boolean;
  /** True where the database as a whole did not do, so that trying the items one by one would not help. */
  isUnavailable(error: unknown): boolean;
}

/** Takes items, and commits them in turns. */
export interface GroupCommit<Item> {
  push(item: Item): void;
  /** Resolves when nothing is left to commit, and all are answered. */
  settled(): Promise<void>;
}

/** Bounds of one turn: beyond these a larger one is no cheaper for each item. */
const MOST_ITEMS = 512;
const MOST_BYTES = 16 * 1024 * 1024;

/** With so many waiting the next turn begins before the last one's are answered: what they do then, they do meanwhile. */
const ENOUGH_ITEMS = 32;

/** So many are answered in one pass of the event loop: others want to get on too, and who was answered may ask again meanwhile. */
const ANSWERS_AT_ONCE = 64;

/** What is not urgent waits for four times the time of the last commit, within these bounds, in milliseconds. */
const SHORTEST_GATHERING_MS = 4;
const LONGEST_GATHERING_MS = 20;

/** One is committed while another is made ready; a third would gain nothing. */
const MOST_UNDER_WAY = 2;

/** While a turn commits, the next one gathers, and sets out behind it once it is worth a commit of its own. */
export function groupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const { commit, weigh, fail, isUrgent, isUnavailable, inHalves = false, goesAhead = () => false } = options;
  let queue: Item[] = [];
  /** The last turn was for those alone that go ahead. */
  let wasAhead = false;
  /** Ends the gathering under way. */
  let hurry = (): void => {};
  /** When the last turn ended, and how long it took, in milliseconds that never jump. */
  let last = { endedAt: -Infinity, tookMs: 0 };
  let running: Promise<void> | undefined;
  let underWay = 0;
  /** Looks again whether the next turn may begin. */
  let look = (): void => {};
  /** What is yet to be said of turns that have ended. */
  const answers: (() => void)[] = [];

  /** A turn that fails is cut in two and tried again, so that a bad item fails alone. */
  async function attempt(items: readonly Item[], left: () => void, isRetry = false): Promise<void> {
    try {
      answers.push(...(await commit(items, isRetry, left)));
    } catch (error) {
      if (isUnavailable(error) || (items.length === 1 && isRetry)) {
        answers.push(...items.map((item) => () => fail(item, error)));
        return;
      }
      const half = items.length >> 1;
      if (half > 0) await attempt(items.slice(0, half), left, true);
      await attempt(items.slice(half), left, true);
    }
  }

  function nextTurn(): readonly Item[] {
    const ahead = wasAhead ? [] : queue.filter(goesAhead);
    wasAhead = ahead.length > 0;
    if (wasAhead) queue = [...ahead, ...queue.filter((item) => !goesAhead(item))];
    const most = Math.min(MOST_ITEMS, wasAhead ? ahead.length : share());
    let bytes = 0;
    let count = 0;
    for (const item of queue) {
      bytes += weigh(item);
      if (count > 0 && (bytes > MOST_BYTES || count >= most)) break;
      count++;
    }
    const turn = queue.slice(0, count);
    queue = count === queue.length ? [] : queue.slice(count);
    return turn;
  }

  /**
   * How many go: half of many where no turn is under way. Else all of the callers wait for the disk, and then the disk for all
   * of them; in two halves those who are answered ask again while the other half is committed.
   */
  function share(): number {
    const isForTwo = inHalves && underWay === 0 && queue.length >= 2 * ENOUGH_ITEMS;
    return isForTwo ? Math.ceil(queue.length / 2) : queue.length;
  }

  /** Waits for more to come where nobody waits for what is there. */
  async function gather(): Promise<void> {
    if (queue.length >= MOST_ITEMS || queue.some(isUrgent)) return;
    const gatheringMs = Math.min(Math.max(4 * last.tookMs, SHORTEST_GATHERING_MS), LONGEST_GATHERING_MS);
    const waitMs = last.endedAt + gatheringMs - performance.now();
    if (waitMs <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function answerSome(): void {
    for (const answer of answers.splice(0, ANSWERS_AT_ONCE)) answer();
    if (answers.length > 0) setImmediate(answerSome);
  }

  /** Resolves when the next turn may begin, which is before this one has ended where it is told so. */
  function begin(items: readonly Item[]): Promise<void> {
    underWay++;
    const beganAt = performance.now();
    return new Promise((left) => {
      void attempt(items, left).then(() => {
        underWay--;
        const endedAt = performance.now();
        last = { endedAt, tookMs: endedAt - beganAt };
        if (queue.length < ENOUGH_ITEMS) answerSome();
        else setImmediate(answerSome);
        left();
        look();
      });
    });
  }

  /** Whether the next turn must wait for one under way: only what is worth a commit sets out behind another. */
  function mustWait(): boolean {
    if (underWay === 0) return false;
    return underWay >= MOST_UNDER_WAY || (queue.length < ENOUGH_ITEMS && (wasAhead || !queue.some(goesAhead)));
  }

  async function run(): Promise<void> {
    while (queue.length > 0 || underWay > 0) {
      if (mustWait()) {
        await new Promise<void>((resolve) => (look = resolve));
        continue;
      }
      if (queue.length < ENOUGH_ITEMS) {
        await gather();
        // Whoever asks in this pass of the event loop comes along.
        await new Promise((resolve) => setImmediate(resolve));
      }
      await begin(nextTurn());
    }
    running = undefined;
  }

  async function settled(): Promise<void> {
    await running;
    if (answers.length > 0) await new Promise((resolve) => setImmediate(resolve));
    if (running !== undefined || answers.length > 0) await settled();
  }

  return {
    push: (item) => {
      queue.push(item);
      if (running === undefined) running = run();
      else if (queue.length >= MOST_ITEMS || isUrgent(item)) hurry();
      if (queue.length === ENOUGH_ITEMS || goesAhead(item)) look();
    },
    settled,
  };
}
