/** In which encoding a file is written: UTF-8, UTF-16 with its mark, or GB18030, as Excel writes in China. */
import { BulkError } from "./errors.ts";

/** By the names of `TextDecoder`. */
export type FileEncoding = "utf-8" | "utf-16le" | "gb18030";

/** The share of two-byte characters that must be common Chinese ones, for a file that is not UTF-8 to be Chinese. */
const LEAST_COMMON = 0.9;

/** Looks at a file piece by piece. */
export interface EncodingProbe {
  look(bytes: Uint8Array): void;
  /** @throws BulkError WX_BULK_LIST when it is none of them */
  end(path: string): FileEncoding;
}

export function probeEncoding(): EncodingProbe {
  const utf8 = validator("utf-8");
  const gb18030 = validator("gb18030");
  const pairs = pairCounter();
  let start: number[] = [];
  return {
    look: (bytes) => {
      if (start.length < 2) start = [...start, ...bytes.subarray(0, 2)].slice(0, 2);
      utf8.look(bytes);
      gb18030.look(bytes);
      pairs.look(bytes);
    },
    end: (path) => {
      if (start[0] === 0xff && start[1] === 0xfe) return "utf-16le";
      utf8.end();
      if (utf8.isValid()) return "utf-8";
      gb18030.end();
      if (gb18030.isValid() && pairs.commonShare() >= LEAST_COMMON) return "gb18030";
      throw new BulkError(
        "WX_BULK_LIST",
        `${path}: it is neither UTF-8 nor GB18030. Save it as UTF-8 (in Excel: "CSV UTF-8").`,
      );
    },
  };
}

interface Validator {
  look(bytes: Uint8Array): void;
  end(): void;
  isValid(): boolean;
}

function validator(encoding: FileEncoding): Validator {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let isValid = true;
  const decode = (bytes: Uint8Array | undefined): void => {
    if (!isValid) return;
    try {
      decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      isValid = false;
    }
  };
  return { look: decode, end: () => decode(undefined), isValid: () => isValid };
}

/**
 * Counts characters of two bytes. Those in daily use have both bytes from 0xA1 up (GB 2312), while Latin letters with
 * accents, taken for Chinese, mostly pair with an ASCII letter.
 */
function pairCounter(): { look(bytes: Uint8Array): void; commonShare(): number } {
  let [pairs, common] = [0, 0];
  let isSecond = false;
  return {
    look: (bytes) => {
      for (const byte of bytes) {
        if (isSecond) {
          pairs++;
          if (byte >= 0xa1) common++;
        }
        isSecond = !isSecond && byte >= 0x81;
      }
    },
    commonShare: () => (pairs === 0 ? 0 : common / pairs),
  };
}
