/** Python's smtplib, and Django's SMTP backend over it, in a Python process of its own, which measures itself. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { pinned } from "./child.ts";
import type { Took } from "./measure.ts";
import { FROM, mailOf } from "./messages.ts";

/** Reads a line of JSON with what to send and where, then lines with a number of messages; answers each with what it took. */
const SCRIPT = `
import json, smtplib, sys, time
from email.message import EmailMessage as Plain
target = json.loads(sys.stdin.readline())

def recipient(index):
    return "customer%d@example.net" % (index % 100000)

def smtplib_run():
    client = smtplib.SMTP("127.0.0.1", target["port"])
    def send(index):
        message = Plain()
        message["From"], message["To"], message["Subject"] = target["from"], recipient(index), target["subject"]
        message.set_content(target["text"])
        client.send_message(message)
    return send

def django_run():
    from django.conf import settings
    settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=target["port"], USE_TZ=True)
    from django.core.mail import EmailMessage, get_connection
    connection = get_connection()
    connection.open()
    def send(index):
        EmailMessage(target["subject"], target["text"], target["from"], [recipient(index)], connection=connection).send()
    return send

send = django_run() if target["django"] else smtplib_run()
print("{}", flush=True)
for line in sys.stdin:
    times = int(line)
    cpu, wall = time.process_time(), time.perf_counter()
    for index in range(times):
        send(index)
    print(json.dumps({"cpuMs": (time.process_time() - cpu) * 1000, "wallMs": (time.perf_counter() - wall) * 1000}), flush=True)
`;

export class PythonPeer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterableIterator<string>;

  private constructor(python: string) {
    const [command, args] = pinned(python, ["-W", "ignore", "-c", SCRIPT]);
    this.#process = spawn(command, args);
    this.#process.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  static async start(python: string, target: { port: number; bytes: number; django: boolean }): Promise<PythonPeer> {
    const peer = new PythonPeer(python);
    const { port, django } = target;
    peer.#process.stdin.write(`${JSON.stringify({ port, django, from: FROM, ...mailOf(target.bytes) })}\n`);
    await peer.#answer();
    return peer;
  }

  run(times: number): Promise<Took> {
    this.#process.stdin.write(`${times}\n`);
    return this.#answer();
  }

  close(): void {
    this.#process.stdin.end();
  }

  async #answer(): Promise<Took> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("Python ended");
    return JSON.parse(value as string) as Took;
  }
}
