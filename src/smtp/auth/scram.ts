/** SCRAM-SHA-256 (RFC 5802, RFC 7677): the password is never sent, and the server proves that it knows it too. */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { BadChallenge, type Login, type Mechanism, type Words } from "./mechanism.ts";
import { saslPrep } from "./sasl-prep.ts";

const HASH = "sha256";
const HASH_BYTES = 32;
/** RFC 7677, section 4. Fewer would let whoever asks for them guess the password cheaply. */
const MIN_ITERATIONS = 4096;
/** About half a second of a processor's time; more is a server that keeps us busy. */
const MAX_ITERATIONS = 1_000_000;
/** No channel binding, and no authorization identity. */
const GS2_HEADER = "n,,";

const SERVER_FIRST = /^r=([!-+\--~]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9]\d{0,9})(?:,|$)/;
const ANOTHER_WAY = `Set auth.method to another one that the server offers, such as "PLAIN"`;

export const scramSha256: Mechanism = {
  name: "SCRAM-SHA-256",
  by: "password",
  clientFirst: true,
  hidesPassword: true,
  exchange: (login) => scramExchange(login, randomBytes(24).toString("base64")),
};

/** The conversation, with the nonce as an argument. */
export async function* scramExchange(login: Login, nonce: string): AsyncGenerator<Words, void, string> {
  const { user, password } = prepared(login);
  const clientFirst = `n=${saslName(user)},r=${nonce}`;
  const serverFirst = yield { say: `${GS2_HEADER}${clientFirst}` };
  const { serverNonce, salt, iterations } = readServerFirst(serverFirst, nonce);
  const salted = await promisify(pbkdf2)(password, salt, iterations, HASH_BYTES, HASH);
  const withoutProof = `c=${Buffer.from(GS2_HEADER).toString("base64")},r=${serverNonce}`;
  const said = `${clientFirst},${serverFirst},${withoutProof}`;
  const proof = proofOf(salted, said);
  const serverFinal = yield { say: `${withoutProof},p=${proof}`, secrets: [proof] };
  const isRefusal = serverFinal.startsWith("e=");
  if (!isRefusal) assertSignature(serverFinal, salted, said);
  yield { say: "" };
  if (isRefusal) throw unprovenFault();
}

function prepared({ user, secret }: Login): { user: string; password: string } {
  const name = saslPrep(user);
  const password = saslPrep(secret);
  if (name !== undefined && password !== undefined) return { user: name, password };
  throw new BadChallenge("wants SCRAM-SHA-256, which forbids a character of the user or password", ANOTHER_WAY);
}

/** "," and "=" have a meaning of their own (RFC 5802, section 5.1). */
export const saslName = (text: string): string => text.replaceAll("=", "=3D").replaceAll(",", "=2C");

const hmac = (key: Buffer, text: string): Buffer => createHmac(HASH, key).update(text).digest();

function proofOf(salted: Buffer, said: string): string {
  const clientKey = hmac(salted, "Client Key");
  const signature = hmac(createHash(HASH).update(clientKey).digest(), said);
  return Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))).toString("base64");
}

function readServerFirst(text: string, nonce: string): { serverNonce: string; salt: Buffer; iterations: number } {
  const [, serverNonce = "", salt = "", count = ""] = SERVER_FIRST.exec(text) ?? [];
  if (!serverNonce.startsWith(nonce) || serverNonce.length === nonce.length) {
    throw new BadChallenge("sent a first SCRAM message that does not answer ours", ANOTHER_WAY);
  }
  const iterations = Number(count);
  if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
    throw new BadChallenge(
      `asks for ${iterations} SCRAM iterations, outside ${MIN_ITERATIONS} to ${MAX_ITERATIONS}`,
      ANOTHER_WAY,
    );
  }
  return { serverNonce, salt: Buffer.from(salt, "base64"), iterations };
}

/** Guarantee: a server that does not know the password is not taken for the one that does (RFC 5802, section 3). */
function assertSignature(serverFinal: string, salted: Buffer, said: string): void {
  const expected = hmac(hmac(salted, "Server Key"), said);
  const given = Buffer.from(/^v=([A-Za-z0-9+/]+={0,2})(?:,|$)/.exec(serverFinal)?.[1] ?? "", "base64");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw unprovenFault();
}

function unprovenFault(): BadChallenge {
  return new BadChallenge(
    "did not prove that it knows the password, as SCRAM-SHA-256 demands",
    "Check host: another server may stand in its place",
  );
}
