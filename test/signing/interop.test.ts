/** Random tokens made in Python are read here, and the reverse: byte for byte, by the itsdangerous that is installed. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as signing from "../../src/signing/index.ts";
import { findPython, runPython } from "../support/python.ts";

const NOW = 1_700_000_000;
const EACH = 120;
const CLASSES = [
  "Signer",
  "TimestampSigner",
  "Serializer",
  "TimedSerializer",
  "URLSafeSerializer",
  "URLSafeTimedSerializer",
  "TimedJSONWebSignatureSerializer",
] as const;
type ClassName = (typeof CLASSES)[number];

interface Case {
  class: ClassName;
  keys: string[];
  salt: string | null;
  signer_kwargs: { key_derivation?: signing.KeyDerivation; digest_method?: string };
  algorithm_name: signing.AlgorithmName;
  /** What a signer signed. */
  text?: string;
  /** What a serializer signed, as compact JSON. */
  json?: string;
  token: string;
}

function signerOptions({
  signer_kwargs: { key_derivation, digest_method },
}: Omit<Case, "token">): signing.SignerOptions {
  return {
    ...(key_derivation === undefined ? {} : { keyDerivation: key_derivation }),
    ...(digest_method === undefined ? {} : { digestMethod: digest_method.replace("_", "-") }),
  };
}

const now = (): number => NOW;

function signerOf(one: Omit<Case, "token">): signing.Signer {
  const Class = one.class === "Signer" ? signing.Signer : signing.TimestampSigner;
  return new Class(one.keys, { ...signerOptions(one), salt: one.salt ?? "", now });
}

/** The serializer of a case; it keeps all that JSON says, in the style of its class. */
function serializerOf(one: Omit<Case, "token">) {
  const salt = one.salt === null ? {} : { salt: one.salt };
  if (one.class === "TimedJSONWebSignatureSerializer") {
    const options = { ...salt, algorithmName: one.algorithm_name, serializer: signing.losslessJson, now };
    return new signing.TimedJSONWebSignatureSerializer(one.keys, options);
  }
  const style = one.class.startsWith("URLSafe") ? {} : { dumps: signing.pythonJson.dumps };
  const serializer = { ...signing.losslessJson, ...style };
  const Class = signing[one.class as "Serializer"];
  return new Class(one.keys, { ...salt, serializer, signerKwargs: signerOptions(one), now });
}

const ours = { seed: 7, numRuns: EACH };
const randomCase = fc.record({
  keys: fc.array(fc.string({ minLength: 1, maxLength: 80, unit: "binary" }), { minLength: 1, maxLength: 3 }),
  salt: fc.string({ unit: "binary" }),
  algorithm_name: fc.constantFrom("HS256", "HS384", "HS512"),
  signer_kwargs: fc.constantFrom(
    {},
    { key_derivation: "hmac" as const, digest_method: "sha512" },
    { key_derivation: "concat" as const, digest_method: "sha256" },
  ),
  text: fc.string({ unit: "binary" }),
  value: fc.jsonValue({ stringUnit: "binary" }),
});

function makeHere(name: ClassName): Case[] {
  return fc.sample(randomCase, ours).map(({ value, text, algorithm_name, ...rest }) => {
    const one = { ...rest, class: name, algorithm_name: algorithm_name as signing.AlgorithmName };
    return name.endsWith("Signer")
      ? { ...one, text, token: signerOf(one).sign(text) }
      : { ...one, json: signing.compactJson.dumps(value), token: serializerOf(one).dumps(value) };
  });
}

const python = findPython(["itsdangerous"]);

describe.skipIf(python === undefined)("itsdangerous in Python", () => {
  const made = CLASSES.flatMap(makeHere);
  const request = { now: NOW, classes: CLASSES, each: EACH, read: made };
  const peer = new URL("itsdangerous_peer.py", import.meta.url);
  const answer = (python === undefined ? { made: [], read: [] } : runPython(python, peer, request)) as {
    made: Case[];
    read: string[];
  };

  test.each(CLASSES)("its %s tokens are read here, and written again byte for byte", (name) => {
    const theirs = answer.made.filter((one) => one.class === name);
    expect(theirs).toHaveLength(EACH);
    for (const one of theirs) {
      if (one.text !== undefined) {
        expect(signerOf(one).unsign(one.token)).toBe(one.text);
        expect(signerOf(one).sign(one.text)).toBe(one.token);
      } else {
        const value = serializerOf(one).loads(one.token);
        expect(signing.losslessJson.dumps(value)).toBe(one.json);
        expect(serializerOf(one).dumps(value)).toBe(one.token);
      }
    }
  });

  test.each(CLASSES)("our %s tokens are read there", (name) => {
    const indexes = made.flatMap((one, index) => (one.class === name ? [index] : []));
    expect(indexes).toHaveLength(EACH);
    for (const index of indexes) expect(answer.read[index]).toBe(made[index]?.text ?? made[index]?.json);
  });
});
