import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";
import { messageRoom } from "./message-room.ts";

test("messages of any size have room of their own", () => {
  const sizes = [0, 1, 1400, 4096, 4097, 9000, 4096, 4096, 4096, 4096, 70_000, 1024 * 1024, 12];
  const rooms = sizes.map((size, index) => messageRoom(size).fill(index));
  expect(rooms.map(({ length }) => length)).toEqual(sizes);
  for (const [index, room] of rooms.entries()) expect(room.every((octet) => octet === index)).toBe(true);
});

test("who gives a message's memory to another thread takes no other message along", () => {
  const [one, other] = [messageRoom(100).fill(1), messageRoom(100).fill(2)];
  const { port1 } = new MessageChannel();
  try {
    port1.postMessage(one, [one.buffer as ArrayBuffer]);
  } catch {
    // Node 22 says that it cannot be given; Node 20 gives a copy.
  }
  port1.close();
  expect([...new Set(other)]).toEqual([2]);
  expect(messageRoom(100).fill(3)).toHaveLength(100);
});
