/** Password hashing: argon2id, or scrypt where argon2's native module cannot load; each hash says which it is. */
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** OWASP's Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** The same source: scrypt with N = 2^17, r = 8, p = 1. */
const SCRYPT = { logN: 17, r: 8, p: 1, octets: 32 };

/** Makes and checks password hashes. */
export interface PasswordHasher {
  /** A hash that carries its own algorithm, cost and salt. */
  hash(password: string): Promise<string>;
  /** Takes as long for a wrong password as for the right one; false also for a hash that cannot be read. */
  verify(hash: string, password: string): Promise<boolean>;
}

type Argon2 = typeof import("@node-rs/argon2");

/**
 * A hasher that uses argon2id, or scrypt where argon2 cannot load.
 *
 * @param loadArgon2 Called once, when a hash is first needed.
 * @example
 * const hasher = createPasswordHasher();
 * await hasher.verify(await hasher.hash("correct horse"), "correct horse"); // true
 */
export function createPasswordHasher(
  loadArgon2: () => Promise<Argon2> = () => import("@node-rs/argon2"),
): PasswordHasher {
  let loading: Promise<Argon2 | undefined> | undefined;
  const argon2 = (): Promise<Argon2 | undefined> => (loading ??= loadArgon2().catch(() => undefined));
  return {
    hash: async (password) => {
      const module = await argon2();
      return module === undefined ? scryptHash(password) : module.hash(password, ARGON2);
    },
    verify: async (hash, password) => {
      if (hash.startsWith("$scrypt$")) return scryptVerify(hash, password);
      const module = await argon2();
      return module === undefined ? false : module.verify(hash, password).catch(() => false);
    },
  };
}

function derive(
  password: string,
  salt: Buffer,
  cost: { logN: number; r: number; p: number; octets: number },
): Promise<Buffer> {
  const { logN, r, p, octets } = cost;
  return new Promise((resolve, reject) => {
    // maxmem: the 128 * N * r octets that it needs, and as much again for its own.
    const options = { N: 2 ** logN, r, p, maxmem: 256 * 2 ** logN * r };
    scrypt(password, salt, octets, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

async function scryptHash(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, SCRYPT);
  return `$scrypt$ln=${SCRYPT.logN},r=${SCRYPT.r},p=${SCRYPT.p}$${salt.toString("base64url")}$${key.toString("base64url")}`;
}

async function scryptVerify(hash: string, password: string): Promise<boolean> {
  const parts = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/.exec(hash);
  if (parts === null) return false;
  const [, logN, r, p, salt = "", key = ""] = parts;
  const expected = Buffer.from(key, "base64url");
  const cost = { logN: Number(logN), r: Number(r), p: Number(p), octets: expected.length };
  return timingSafeEqual(await derive(password, Buffer.from(salt, "base64url"), cost), expected);
}
