/** What a hostile token costs: the slowest answer to 10 kB of what decoders and parsers are slow at. */
import { createHmac } from "node:crypto";
import { performance } from "node:perf_hooks";
import { deflateSync } from "node:zlib";
import { kinds } from "../../test/signing/kinds.ts";
import { JSONWebSignatureSerializer, Signer, URLSafeSerializer } from "../../src/signing/index.ts";

const SIZE = 10_000;
const KEY = "a key for the benchmark of signing";

const fill = (text: string): string => text.repeat(Math.ceil(SIZE / text.length)).slice(0, SIZE);
const base64 = (text: string): string => Buffer.from(text).toString("base64url");

/** Texts that no key has signed: alone, and as value, time or signature. */
const UNSIGNED: readonly string[] = [
  "A",
  ".",
  ":",
  "A.",
  ".A",
  "=",
  "+/",
  "é",
  "激",
  "🎉",
  "\ud800",
  "\0",
  "\n",
  "{",
  '"\\',
]
  .map(fill)
  .flatMap((text) => [text, `v.${text}`, `v:${text}`, `v.${text}.AAAA`, `v:${text}:AAAA`, `${text}.AAAA.AAAA`]);

/** JSON that has a good signature, which only the holder of the key can make. */
const SIGNED: readonly string[] = [
  fill("["),
  `${"[".repeat(SIZE / 2)}${"]".repeat(SIZE / 2)}`,
  fill("9"),
  `-${fill("9")}`,
  `[${fill("12345678901234567890,")}0]`,
  `[${fill("9007199254740993,")}1, NaN]`,
  `{${fill('"a":1,')}"a":12345678901234567890}`,
  `"${fill("\\u0000")}"`,
  `"${fill("a")}`,
  `[${fill("NaN,")}NaN]`,
  `${fill(" ")}NaN`,
  fill("-"),
  fill("1e"),
];

/** The slowest of a few calls is chance; the middle one is the reader's. */
function millisecondsOf(read: () => unknown): number {
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    try {
      read();
    } catch {
      // A refusal is what is measured.
    }
    return performance.now() - start;
  });
  return times.toSorted((one, other) => one - other)[4] ?? 0;
}

function signedTokens(json: string): (() => unknown)[] {
  const jws = new JSONWebSignatureSerializer(KEY, { maxTokenBytes: 1_000_000 });
  const urlSafe = new URLSafeSerializer(KEY);
  const signer = new Signer(KEY, { salt: "itsdangerous" });
  const forged = [`${base64('{"alg":"HS512"}')}.${base64(json)}`, `${base64(json)}.${base64("1")}`].map(
    (text) => `${text}.${createHmac("sha512", KEY).update(text).digest("base64url")}`,
  );
  const plain = signer.sign(base64(json));
  const compressed = signer.sign(`.${deflateSync(json).toString("base64url")}`);
  return [
    ...forged.map((token) => () => jws.loads(token)),
    () => urlSafe.loads(plain),
    () => urlSafe.loads(compressed),
  ];
}

/** The slowest call of all, in milliseconds, without and with a good signature. */
export function slowestHostile(): { unsigned: number; signed: number } {
  const readers = [...kinds(), ...kinds({ lenient: true })];
  const unsigned = UNSIGNED.flatMap((text) => readers.map(({ read }) => millisecondsOf(() => read(text))));
  const signed = SIGNED.flatMap((json) => signedTokens(json).map((read) => millisecondsOf(read)));
  return { unsigned: Math.max(...unsigned), signed: Math.max(...signed) };
}
