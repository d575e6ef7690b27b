/** itsdangerous in a Python process of its own, which measures itself. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Cost } from "../support/compare.ts";

/**
 * Reads lines `OPERATION TIMES` and answers each with the CPU and wall milliseconds it took. itsdangerous dropped its JWS
 * classes in 2.1; where they are gone, the same steps are taken with the Serializer, Signer, JSON and base64 it still has.
 */
const SCRIPT = `
import hashlib, json, sys, time
import itsdangerous
from itsdangerous import URLSafeTimedSerializer
from itsdangerous._json import _CompactJSON
from itsdangerous.encoding import base64_decode, base64_encode, want_bytes

key = sys.argv[1]
value = {"confirm": 42}

class Rebuilt(itsdangerous.Serializer):
    default_serializer = _CompactJSON

    def __init__(self, key, expires_in):
        super().__init__(key)
        self.expires_in = expires_in
        self.algorithm = itsdangerous.HMACAlgorithm(hashlib.sha512)

    def make_signer(self, salt=None):
        derivation = "none" if salt is None else None
        return self.signer(self.secret_keys, salt=salt, sep=".", key_derivation=derivation, algorithm=self.algorithm)

    def dumps(self, value, salt=None):
        now = int(time.time())
        header = {"alg": "HS512", "iat": now, "exp": now + self.expires_in}
        parts = [base64_encode(self.serializer.dumps(part, **self.serializer_kwargs)) for part in (header, value)]
        return self.make_signer(salt).sign(b".".join(parts))

    def loads(self, token, salt=None):
        head, body = self.make_signer(salt).unsign(want_bytes(token)).split(b".", 1)
        header = self.load_payload(base64_decode(head), serializer=_CompactJSON)
        if not isinstance(header, dict):
            raise itsdangerous.BadData("the header is no object")
        value = self.load_payload(base64_decode(body))
        if header.get("alg") != "HS512":
            raise itsdangerous.BadSignature("another algorithm")
        header["exp"] = int(header["exp"])
        if header["exp"] < 0 or header["exp"] < int(time.time()):
            raise itsdangerous.SignatureExpired("expired", payload=value)
        return value

has_jws = hasattr(itsdangerous, "TimedJSONWebSignatureSerializer")
jws = itsdangerous.TimedJSONWebSignatureSerializer(key, 3600) if has_jws else Rebuilt(key, 3600)
timed = URLSafeTimedSerializer(key, salt="activate")
jws_token, timed_token = jws.dumps(value), timed.dumps(value)

def repeat(call, argument, times):
    for _ in range(times):
        call(argument)

operations = {
    "jws-sign": lambda times: repeat(jws.dumps, value, times),
    "jws-verify": lambda times: repeat(jws.loads, jws_token, times),
    "timed-sign": lambda times: repeat(timed.dumps, value, times),
    "timed-verify": lambda times: repeat(lambda token: timed.loads(token, max_age=3600), timed_token, times),
}
print(json.dumps([itsdangerous.__version__ if hasattr(itsdangerous, "__version__") else "", has_jws]), flush=True)
for line in sys.stdin:
    operation, times = line.split()
    cpu, wall = time.process_time(), time.perf_counter()
    operations[operation](int(times))
    print(json.dumps([(time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000]), flush=True)
`;

/** What Python can be asked to do. */
export type PythonOperation = "jws-sign" | "jws-verify" | "timed-sign" | "timed-verify";

/** A Python that has itsdangerous, ready to be measured. */
export class PythonPeer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterableIterator<string>;
  /** What is measured, for the table. */
  name = "itsdangerous";

  private constructor(python: string, secretKey: string) {
    this.#process = spawn(python, ["-W", "ignore", "-c", SCRIPT, secretKey]);
    this.#process.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  static async start(python: string, secretKey: string): Promise<PythonPeer> {
    const peer = new PythonPeer(python, secretKey);
    const [version, hasJws] = await peer.#answer<[string, boolean]>();
    peer.name = `itsdangerous ${version}${hasJws ? "" : ", its JWS rebuilt"} (Python)`;
    return peer;
  }

  async run(operation: PythonOperation, times: number): Promise<Cost> {
    this.#process.stdin.write(`${operation} ${times}\n`);
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
