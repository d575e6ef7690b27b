/**
 * An SMTP server that takes everything and keeps nothing, in a process of its own: as little work as SMTP allows, so
 * that what is measured is the client.
 *
 *   node sink.js KEYWORD,KEYWORD [tls]
 */
import { createServer as createPlainServer, type AddressInfo, Socket, type SocketConstructorOpts } from "node:net";
import { createServer as createTlsServer } from "node:tls";

const [keywords = "", tls] = process.argv.slice(2);
const EHLO = ["sink", ...keywords.split(",").filter(Boolean)];
const EHLO_REPLY = EHLO.map((word, at) => `250${at === EHLO.length - 1 ? " " : "-"}${word}\r\n`).join("");
const END = Buffer.from("\r\n.\r\n");
const EMPTY = Buffer.alloc(0);
const PLACE_BYTES = 256 * 1024;
const LF = 0x0a;
const SPACE = 0x20;
/** Leaves of an ASCII letter its capital. */
const CAPITAL = 0xdf;

/** The digit there, or less than 0. */
const digitAt = (bytes: Buffer, place: number): number => {
  const digit = (bytes[place] ?? 0) - 0x30;
  return digit <= 9 ? digit : -1;
};

const counts = { messages: 0, bytes: 0 };

/** What is being read: command lines, content up to the dot, or so many bytes of a chunk. */
type Reading = "line" | "data" | "chunk";

/** Takes what comes over a connection; the bytes are good until it returns. Gives what is answered. */
function conversation(): (piece: Buffer) => { replies: string; isOver: boolean } {
  let reading: Reading = "line";
  let held: Buffer = EMPTY;
  let chunkLeft = 0;
  let isLast = false;
  return (piece) => {
    const bytes = held.length === 0 ? piece : Buffer.concat([held, piece]);
    let at = 0;
    let replies = "";
    for (;;) {
      if (reading === "chunk") {
        const taken = Math.min(chunkLeft, bytes.length - at);
        chunkLeft -= taken;
        at += taken;
        if (chunkLeft > 0) break;
        reading = "line";
        replies += "250 2.0.0 Ok\r\n";
        if (isLast) counts.messages += 1;
        continue;
      }
      if (reading === "data") {
        const end = bytes.indexOf(END, at);
        if (end === -1) break;
        counts.messages += 1;
        counts.bytes += end - at;
        at = end + END.length;
        reading = "line";
        replies += "250 2.0.0 Ok: queued\r\n";
        continue;
      }
      // Commands are short: looking here is quicker than asking the native search.
      let end = at;
      while (end < bytes.length && bytes[end] !== LF) end++;
      if (end === bytes.length) break;
      // The second letter, in capitals, tells nearly all commands apart.
      switch ((bytes[at + 1] ?? 0) & CAPITAL) {
        case 0x41: // mAil, dAta
          if (((bytes[at] ?? 0) & CAPITAL) === 0x44) {
            reading = "data";
            replies += "354 End data with <CR><LF>.<CR><LF>\r\n";
            // The end mark may begin with the line end of DATA itself.
            at = end - 1;
            continue;
          }
          replies += "250 2.1.0 Ok\r\n";
          break;
        case 0x43: // rCpt
          replies += "250 2.1.5 Ok\r\n";
          break;
        case 0x44: {
          // bDat
          let place = at + 5;
          chunkLeft = 0;
          for (let digit = digitAt(bytes, place); digit >= 0; digit = digitAt(bytes, ++place)) {
            chunkLeft = chunkLeft * 10 + digit;
          }
          counts.bytes += chunkLeft;
          isLast = bytes[place] === SPACE;
          reading = "chunk";
          break;
        }
        case 0x48: // eHlo
          replies += EHLO_REPLY;
          break;
        case 0x55: // qUit
          return { replies: `${replies}221 2.0.0 Bye\r\n`, isOver: true };
        default: // rSet, hElo
          replies += "250 2.0.0 Ok\r\n";
      }
      at = end + 1;
    }
    held = at === bytes.length ? EMPTY : Buffer.from(bytes.subarray(at));
    return { replies, isOver: false };
  };
}

function answering(socket: Socket): (piece: Buffer) => void {
  const converse = conversation();
  socket.setNoDelay(true);
  socket.on("error", () => {});
  socket.write("220 sink ready\r\n");
  return (piece) => {
    const { replies, isOver } = converse(piece);
    if (replies !== "") socket.write(replies, "latin1");
    if (isOver) socket.end();
  };
}

/** Reads into one place, over and over; node:net offers that to a client's sockets alone, so the connection is handed on. */
function serveInPlace(accepted: Socket): void {
  const place = Buffer.allocUnsafeSlow(PLACE_BYTES);
  const handle: unknown = Reflect.get(accepted, "_handle");
  Reflect.set(accepted, "_handle", null);
  let take = (_piece: Buffer): void => {};
  const onread = {
    buffer: place,
    callback: (length: number): boolean => {
      take(place.subarray(0, length));
      return true;
    },
  };
  const socket = new Socket({ handle, onread } as SocketConstructorOpts);
  take = answering(socket);
  socket.resume();
}

const pair = tls === undefined ? undefined : (JSON.parse(tls) as { key: string; cert: string });
const server =
  pair === undefined
    ? createPlainServer({ pauseOnConnect: true }, serveInPlace)
    : createTlsServer(pair, (socket) => socket.on("data", answering(socket)));
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("message", () => process.send?.({ ...counts }));
process.on("disconnect", () => process.exit());
