/** Reads a message off the wire, and no more of it than may be kept. */
import type { SMTPServerDataStream } from "smtp-server";
import { ReplyError } from "./replies.ts";

/** What all messages under way may hold together, in octets. */
export interface Room {
  readonly size: number;
  used: number;
}

/** How a message is read. */
export interface CollectOptions {
  /** The largest message, in octets. */
  maxBytes: number;
  room: Room;
  /** Called where the client goes on and on after it is clear that its message is too large. */
  hangUp: (reply: ReplyError) => void;
}

/**
 * The message's octets.
 *
 * One that is too large is read on without being kept, so that the client gets to read the refusal, but for no more than
 * once its limit again.
 *
 * @throws ReplyError 552, or 452 where no room is left
 */
export async function collect(stream: SMTPServerDataStream, options: CollectOptions): Promise<Buffer> {
  const { maxBytes, room, hangUp } = options;
  let chunks: Buffer[] = [];
  let kept = 0;
  let seen = 0;
  let refusal: ReplyError | undefined;
  const drop = (reply: ReplyError): void => {
    refusal = reply;
    chunks = [];
    room.used -= kept;
    kept = 0;
  };
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      seen += chunk.length;
      if (refusal !== undefined) {
        if (seen <= maxBytes * 2 + 65_536) continue;
        hangUp(refusal);
        throw refusal;
      }
      if (seen > maxBytes) drop(tooLarge(maxBytes));
      else if (room.used + chunk.length > room.size) drop(noRoom());
      else {
        chunks.push(chunk);
        kept += chunk.length;
        room.used += chunk.length;
      }
    }
    if (refusal !== undefined) throw refusal;
    return Buffer.concat(chunks, kept);
  } finally {
    room.used -= kept;
  }
}

function tooLarge(maxBytes: number): ReplyError {
  return new ReplyError(552, `5.3.4 The message is larger than ${maxBytes} octets, the most that is taken here.`);
}

function noRoom(): ReplyError {
  return new ReplyError(452, "4.3.1 Too much is being received at once. Try again in a minute.");
}
