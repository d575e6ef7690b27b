/** How headers are written for providers whose filters read less than the standards allow. */
import type { WordEncoding } from "./mime/encoded-word.ts";

/** How headers are written. Every server reads either way. */
export interface HeaderEncoding {
  /** "base64" for encoded-words by B only. Default "shorter": B or Q. */
  readonly words?: WordEncoding | undefined;
  /** False to keep From on one line, whatever its length. Default true. */
  readonly foldFrom?: boolean | undefined;
}
