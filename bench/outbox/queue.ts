/** Starts a Waxseal that has so many messages queued. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface QueueProcess {
  ask<Answer>(question: object): Promise<Answer>;
  close(): void;
}

export async function startQueue(smtpPort: number, queued: number): Promise<QueueProcess> {
  const script = fileURLToPath(new URL("queue-child.js", import.meta.url));
  const child = fork(script, [String(smtpPort), String(queued)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  await once(child, "message");
  return {
    ask: async <Answer>(question: object) => {
      child.send(question);
      return (await once(child, "message"))[0] as Answer;
    },
    close: () => child.disconnect(),
  };
}
