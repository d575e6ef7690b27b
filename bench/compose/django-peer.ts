/** Django in a Python process of its own, which measures itself. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Cost } from "../support/compare.ts";
import { type Case, FROM_ADDRESS } from "./cases.ts";

/**
 * Reads a line of JSON for each case, then lines `CASE TIMES`, and answers each with the CPU and wall milliseconds it took
 * to make the bytes that Django's SMTP backend would send.
 */
const SCRIPT = `
import base64, json, sys, time
import django
from django.conf import settings
settings.configure(USE_TZ=True)
from django.core.mail import EmailMultiAlternatives
from django.core.mail.utils import DNS_NAME
DNS_NAME._fqdn = "example.com"

cases = json.loads(sys.stdin.readline())
for case in cases:
    if case["attachment"]:
        case["attachment"]["content"] = base64.b64decode(case["attachment"]["content"])

def compose(case, index):
    message = EmailMultiAlternatives(
        case["subject"], case["text"], "%s <%s>" % (case["fromName"], case["from"]),
        ["%s <customer%d@example.net>" % (case["toName"], index % 100000)],
    )
    if case["html"]:
        message.attach_alternative(case["html"], "text/html")
    if case["attachment"]:
        message.attach(case["attachment"]["filename"], case["attachment"]["content"], "application/pdf")
    return message.message().as_bytes(linesep="\\r\\n")

print(json.dumps(django.get_version()), flush=True)
for line in sys.stdin:
    which, times = map(int, line.split())
    cpu, wall = time.process_time(), time.perf_counter()
    for index in range(times):
        compose(cases[which], index)
    print(json.dumps([(time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000]), flush=True)
`;

/** A Python that has Django, ready to be measured. */
export class DjangoPeer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterableIterator<string>;
  /** What is measured, for the table. */
  name = "Django";

  private constructor(python: string) {
    this.#process = spawn(python, ["-W", "ignore", "-c", SCRIPT]);
    this.#process.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  static async start(python: string, cases: readonly Case[]): Promise<DjangoPeer> {
    const peer = new DjangoPeer(python);
    peer.#process.stdin.write(`${JSON.stringify(cases.map(portable))}\n`);
    peer.name = `Django ${await peer.#answer<string>()} (Python)`;
    return peer;
  }

  async run(which: number, times: number): Promise<Cost> {
    this.#process.stdin.write(`${which} ${times}\n`);
    const [cpuMs, wallMs] = await this.#answer<[number, number]>();
    return { cpuMs, wallMs };
  }

  close(): void {
    this.#process.stdin.end();
  }

  async #answer<A>(): Promise<A> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("Python ended");
    return JSON.parse(value as string) as A;
  }
}

function portable({ attachment, html, ...rest }: Case): object {
  const file = attachment && { filename: attachment.filename, content: attachment.content.toString("base64") };
  return { ...rest, from: FROM_ADDRESS, html: html ?? null, attachment: file ?? null };
}
