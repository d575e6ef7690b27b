/** Processes of the benchmark, and questions to them. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const canPin = spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** Whether client and server share one core: two make a lock-step test read fast or slow by luck. */
export const isPinned: boolean = canPin;

/** A command line that runs on the first core. */
export function pinned(command: string, args: readonly string[]): [string, string[]] {
  return canPin ? ["taskset", ["-c", "0", command, ...args]] : [command, [...args]];
}

export class Child {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Starts a script of this folder on the first core; resolves with its first message. */
  static start<First>(script: string, args: readonly string[]): Promise<[Child, First]> {
    return Child.#startAs(pinned, script, args);
  }

  /** The same, on whatever core is free. */
  static startAnywhere<First>(script: string, args: readonly string[]): Promise<[Child, First]> {
    return Child.#startAs((command, all) => [command, [...all]], script, args);
  }

  static async #startAs<First>(place: typeof pinned, script: string, args: readonly string[]): Promise<[Child, First]> {
    const file = fileURLToPath(new URL(script, import.meta.url));
    const [command, all] = place(process.execPath, ["--expose-gc", file, ...args]);
    const child = new Child(spawn(command, all, { stdio: ["ignore", "inherit", "inherit", "ipc"] }));
    return [child, await child.#answer<First>()];
  }

  ask<Answer>(question: object): Promise<Answer> {
    this.#process.send(question);
    return this.#answer();
  }

  close(): void {
    if (this.#process.connected) this.#process.disconnect();
  }

  #answer<Answer>(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error("a process of the benchmark ended early"));
      this.#process.once("exit", onExit);
      this.#process.once("message", (answer) => {
        this.#process.off("exit", onExit);
        resolve(answer as Answer);
      });
    });
  }
}
