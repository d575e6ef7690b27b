/** Reads a message off the wire, and no more of it than may be kept. */
import type { SMTPServerDataStream } from "smtp-server";
import { ReplyError } from "./replies.ts";

/** What all messages under way hold together, from their first octet until they are stored. */
export interface Room {
  /** Of one more message. */
  open(): Share;
}

/** What one message holds of it. */
export interface Share {
  /** Takes so many octets more; false where there are not so many left. */
  add(octets: number): boolean;
  /** Gives all of it back. */
  release(): void;
}

/** @param size In octets. */
export function createRoom(size: number): Room {
  let used = 0;
  return {
    open: () => {
      let own = 0;
      return {
        add: (octets) => {
          if (used + octets > size) return false;
          used += octets;
          own += octets;
          return true;
        },
        release: () => {
          used -= own;
          own = 0;
        },
      };
    },
  };
}

/** How a message is read. */
export interface CollectOptions {
  /** The largest message, in octets. */
  maxBytes: number;
  share: Share;
  /** Called where the client goes on and on after it is clear that its message is too large. */
  hangUp: (reply: ReplyError) => void;
}

/**
 * The message's octets.
 *
 * One that is too large is read on without being kept, so that the client gets to read the refusal, but for no more than
 * once its limit again.
 *
 * @throws ReplyError 552, 452 where no room is left, 451 where the client went away
 */
export async function collect(stream: SMTPServerDataStream, options: CollectOptions): Promise<Buffer> {
  const { maxBytes, share, hangUp } = options;
  let chunks: Buffer[] = [];
  let seen = 0;
  let refusal: ReplyError | undefined;
  for await (const chunk of untilLost(stream)) {
    seen += chunk.length;
    if (refusal === undefined) {
      if (seen > maxBytes) refusal = tooLarge(maxBytes);
      else if (!share.add(chunk.length)) refusal = noRoom();
      else chunks.push(chunk);
      if (refusal === undefined) continue;
      chunks = [];
      share.release();
    }
    if (seen <= maxBytes * 2 + SOME_MORE) continue;
    hangUp(refusal);
    break;
  }
  if (refusal !== undefined) throw refusal;
  return Buffer.concat(chunks);
}

/** Where the limit is small, what is in flight already is more than it, in octets. */
const SOME_MORE = 65_536;

async function* untilLost(stream: SMTPServerDataStream): AsyncGenerator<Buffer> {
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch (cause) {
    throw new ReplyError(451, "4.4.2 The connection was lost before the end of the message.", { cause });
  }
}

function tooLarge(maxBytes: number): ReplyError {
  return new ReplyError(552, `5.3.4 The message is larger than ${maxBytes} octets, the most that is taken here.`);
}

function noRoom(): ReplyError {
  return new ReplyError(452, "4.3.1 Too much is being received at once. Try again in a minute.");
}
