/** Room for the octets of bodies while one message is composed, so that each message allocates its own bytes only. */

/** Bodies beyond this get a buffer of their own. */
const SCRATCH_OCTETS = 256 * 1024;

let scratch: Buffer | undefined;
let used = 0;
let depth = 0;

/**
 * Composes one message: what `keep` returns inside of `work` is good until `work` ends, and no longer.
 *
 * Guarantee: a message that is composed meanwhile, by a getter of the first one, takes other room.
 */
export function withScratch<T>(work: () => T): T {
  depth += 1;
  try {
    return work();
  } finally {
    depth -= 1;
    if (depth === 0) used = 0;
  }
}

/** A copy of octets that may change. */
export function keep(octets: Uint8Array): Buffer {
  if (depth === 0 || octets.length > SCRATCH_OCTETS - used) return Buffer.from(octets);
  scratch ??= Buffer.allocUnsafeSlow(SCRATCH_OCTETS);
  const kept = scratch.subarray(used, used + octets.length);
  kept.set(octets);
  used += octets.length;
  return kept;
}
