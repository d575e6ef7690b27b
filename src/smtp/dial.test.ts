import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dial } from "./dial.ts";
import { defaultTimeouts } from "./timeouts.ts";
import { Transcript } from "./transcript.ts";

/** A port that answers nothing, not even the TCP handshake: its process stands still and its queue is full. */
let child: ChildProcess;
let port = 0;
const fillers: Socket[] = [];

beforeAll(async () => {
  const program = `
    const server = require("node:net").createServer();
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(server.address().port));`;
  child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  port = Number(said.toString());
  child.kill("SIGSTOP");
  for (let count = 0; count < 8; count += 1) fillers.push(connect(port, "127.0.0.1").on("error", () => {}));
  await once(fillers[0] as Socket, "connect");
});

afterAll(() => {
  for (const filler of fillers) filler.destroy();
  child.kill("SIGKILL");
});

test("a connection that nothing answers ends at its deadline", async () => {
  const timeouts = { ...defaultTimeouts, connectMs: 100 };
  const dialling = dial({ host: "127.0.0.1", port, timeouts }, new Transcript("black.hole:25"), undefined);
  await expect(dialling).rejects.toMatchObject({ code: "WX_SMTP_TIMEOUT", stage: "connect", retryable: true });
});

test("a connection under way ends when the caller aborts", async () => {
  const stop = new AbortController();
  const options = { host: "127.0.0.1", port, timeouts: defaultTimeouts };
  const dialling = dial(options, new Transcript("black.hole:25"), stop.signal);
  setImmediate(() => stop.abort());
  await expect(dialling).rejects.toMatchObject({ code: "WX_SMTP_ABORTED", stage: "connect", outcome: "not-sent" });
});
