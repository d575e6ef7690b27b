/** How large a message may be, counted while it is gathered: what is too large is never all in memory. */
import { MessageError } from "../errors.ts";

/** Counts the bytes of a message's content. */
export interface SizeLimit {
  /**
   * Counts bytes before they are kept.
   *
   * @throws MessageError WX_MESSAGE_TOO_LARGE, naming the field at which the limit was passed
   */
  take(bytes: number, field: string): void;
}

/** A limit on content that is not encoded yet, which never gets smaller by that: what passes it here would pass it in the end. */
export function createSizeLimit(maxMessageBytes: number | undefined): SizeLimit {
  let taken = 0;
  return {
    take: (bytes, field) => {
      taken += bytes;
      if (maxMessageBytes !== undefined && taken > maxMessageBytes) throw tooLarge(field, maxMessageBytes);
    },
  };
}

function tooLarge(field: string, maxMessageBytes: number): MessageError {
  return new MessageError("WX_MESSAGE_TOO_LARGE", {
    field,
    problem: `makes the message larger than maxMessageBytes, which is ${maxMessageBytes}`,
    fix: "Send a link to the file, or raise the limit where the mail servers on the way take as much",
  });
}
