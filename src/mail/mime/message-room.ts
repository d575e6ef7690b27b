/** Room for a whole message; small ones share it, large ones reuse the pages of those before them. */
import { markAsUntransferable } from "node:worker_threads";

/** From this size on, pages that are fresh from the kernel cost more than filling them. */
const LARGE_OCTETS = 1024 * 1024;
/** Just below glibc's DEFAULT_MMAP_THRESHOLD_MAX of 32 MiB. */
const LESSON_OCTETS = 32 * 1024 * 1024 - 16 * 1024;

/** Small messages share pieces of memory of this size: Node's own, of 8 KiB, would be full after five. */
const SLAB_OCTETS = 16 * 1024;
const SMALL_OCTETS = SLAB_OCTETS / 4;

let isTaught = false;
let slab = Buffer.alloc(0);
let taken = 0;

/** A buffer with anything in it. */
export function messageRoom(octets: number): Buffer {
  if (octets <= SMALL_OCTETS) return smallRoom(octets);
  if (octets >= LARGE_OCTETS && !isTaught) teachAllocator();
  return Buffer.allocUnsafeSlow(octets);
}

function smallRoom(octets: number): Buffer {
  if (octets > slab.length - taken) {
    slab = Buffer.allocUnsafeSlow(SLAB_OCTETS);
    markAsUntransferable(slab.buffer); // whoever gives one message to a thread must not take the others along
    taken = 0;
  }
  const room = slab.subarray(taken, taken + octets);
  taken += octets;
  return room;
}

/**
 * Lets glibc keep freed memory, up to 64 MiB, for the next large message instead of giving it back to the kernel.
 *
 * Its malloc maps what is larger than a threshold anew each time, and trims its heap by twice that; it raises the
 * threshold to the size of the largest such block that was freed, up to 32 MiB (mallopt(3), M_MMAP_THRESHOLD and
 * M_TRIM_THRESHOLD). One block of that size is enough: it is never written to, so it takes no memory, and it is freed
 * with the next garbage. Other allocators learn nothing by it and lose nothing.
 */
function teachAllocator(): void {
  isTaught = true;
  Buffer.allocUnsafeSlow(LESSON_OCTETS);
}
