/** Signing and verifying the tutorial's activation token, beside itsdangerous, the JWT libraries, and a bare HMAC. */
import { createHmac, createSecretKey } from "node:crypto";
import { createSigner, createVerifier } from "fast-jwt";
import { jwtVerify, SignJWT } from "jose";
import jsonwebtoken from "jsonwebtoken";
import { TimedJSONWebSignatureSerializer, URLSafeTimedSerializer } from "../../src/signing/index.ts";
import { findPython } from "../../test/support/python.ts";
import { compare, type Comparison, type Contender, type Outcome } from "../support/compare.ts";
import { outcomeTable, runHeading } from "../support/report.ts";
import { slowestHostile } from "./hostile.ts";
import { type PythonOperation, PythonPeer } from "./python-peer.ts";

const SECRET_KEY = "django-insecure-8)x^w&@k%1b!c9#z0a$e(7=y*+q5m2n-4";
const PAYLOAD = { confirm: 42 };
const HOUR = 3600;
const OURS = "Waxseal";

const keyObject = createSecretKey(Buffer.from(SECRET_KEY));
const serializer = new TimedJSONWebSignatureSerializer(SECRET_KEY, { expiresIn: HOUR });
const urlSafe = new URLSafeTimedSerializer(SECRET_KEY, { salt: "activate" });

/** A contender out of one call. */
function calling(name: string, call: () => unknown): Contender {
  return {
    name,
    run(times) {
      for (let done = 0; done < times; done += 1) call();
    },
  };
}

/** A contender out of one call that answers later. */
function awaiting(name: string, call: () => Promise<unknown>): Contender {
  return {
    name,
    async run(times) {
      for (let done = 0; done < times; done += 1) await call();
    },
  };
}

function inPython(peer: PythonPeer | undefined, operation: PythonOperation): Contender[] {
  return peer === undefined ? [] : [{ name: peer.name, run: (times) => peer.run(operation, times) }];
}

/** The limit: the one HMAC that either way of doing it cannot do without, its key held. */
const bareHmac = (digest: string, text: string): Contender =>
  calling("createHmac alone", () => createHmac(digest, keyObject).update(text).digest());

function signing(peer: PythonPeer | undefined): Contender[] {
  const fastJwt = createSigner({ key: SECRET_KEY, algorithm: "HS512", expiresIn: HOUR * 1000 });
  const signed = serializer.dumps(PAYLOAD).replace(/\.[^.]*$/, "");
  return [
    calling(OURS, () => serializer.dumps(PAYLOAD)),
    ...inPython(peer, "jws-sign"),
    calling("jsonwebtoken", () => jsonwebtoken.sign(PAYLOAD, keyObject, { algorithm: "HS512", expiresIn: HOUR })),
    calling("fast-jwt", () => fastJwt(PAYLOAD)),
    awaiting("jose", () =>
      new SignJWT(PAYLOAD).setProtectedHeader({ alg: "HS512" }).setIssuedAt().setExpirationTime("1h").sign(keyObject),
    ),
    bareHmac("sha512", signed),
  ];
}

function verifying(peer: PythonPeer | undefined): Contender[] {
  const fastJwt = createVerifier({ key: SECRET_KEY, algorithms: ["HS512"], cache: false });
  const ours = serializer.dumps(PAYLOAD);
  const jwt = jsonwebtoken.sign(PAYLOAD, SECRET_KEY, { algorithm: "HS512", expiresIn: HOUR });
  return [
    calling(OURS, () => serializer.loads(ours)),
    ...inPython(peer, "jws-verify"),
    calling("jsonwebtoken", () => jsonwebtoken.verify(jwt, keyObject, { algorithms: ["HS512"] })),
    calling("fast-jwt", () => fastJwt(jwt)),
    awaiting("jose", () => jwtVerify(jwt, keyObject, { algorithms: ["HS512"] })),
    bareHmac("sha512", ours.replace(/\.[^.]*$/, "")),
  ];
}

function timedSigning(peer: PythonPeer | undefined): Contender[] {
  const signed = urlSafe.dumps(PAYLOAD).replace(/\.[^.]*$/, "");
  return [calling(OURS, () => urlSafe.dumps(PAYLOAD)), ...inPython(peer, "timed-sign"), bareHmac("sha1", signed)];
}

function timedVerifying(peer: PythonPeer | undefined): Contender[] {
  const token = urlSafe.dumps(PAYLOAD);
  return [
    calling(OURS, () => urlSafe.loads(token, { maxAge: HOUR })),
    ...inPython(peer, "timed-verify"),
    bareHmac("sha1", token.replace(/\.[^.]*$/, "")),
  ];
}

/** How many times as fast as each other one we are: the table's ratios the other way round. */
function verdict({ title, standings }: Outcome): string {
  const rows = standings
    .filter(({ name }) => name !== OURS)
    .map(({ name, ratio: { min, median, max } }) => {
      const [slowest, middle, fastest] = [max, median, min].map((ratio) => (1 / ratio).toFixed(2));
      return `${name} ${slowest} / ${middle} / ${fastest}`;
    });
  return `${title}, ${OURS} is times as fast as: ${rows.join("; ")}\n`;
}

const isShort = process.argv.includes("--short");
const [, pythonOption] = process.argv.join(" ").match(/--python (\S+)/) ?? [];
const python = pythonOption ?? findPython(["itsdangerous"]);
const peer = python === undefined ? undefined : await PythonPeer.start(python, SECRET_KEY);

console.log(runHeading("signing"));
if (peer === undefined) console.log("No Python with itsdangerous was found.\n");
const comparisons: readonly Omit<Comparison, "baseline">[] = [
  { title: "Signing {confirm: 42}, HS512, one hour", contenders: signing(peer) },
  { title: "Verifying that token", contenders: verifying(peer) },
  { title: "URLSafeTimedSerializer.dumps", contenders: timedSigning(peer) },
  { title: "URLSafeTimedSerializer.loads", contenders: timedVerifying(peer) },
];
for (const comparison of comparisons) {
  const pace = isShort ? { rounds: 5, turnMs: 60, warmUpMs: 250 } : {};
  const outcome = await compare({ ...comparison, ...pace, baseline: OURS });
  console.log(outcomeTable(outcome));
  console.log(verdict(outcome));
}
peer?.close();

const { unsigned, signed } = slowestHostile();
console.log(
  `10 kB of a hostile token, the slowest answer: ${unsigned.toFixed(2)} ms; under a good signature: ${signed.toFixed(2)} ms`,
);
