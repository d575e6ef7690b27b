/** Every kind of token there is, each with a way to make one and to read it. */
import * as django from "../../src/signing/django/index.ts";
import * as signing from "../../src/signing/index.ts";

const KEY = "a key for the tests of signing";
const now = (): number => 1_700_000_000;

/** A kind of token. */
export interface Kind {
  readonly name: string;
  /** A token that differs with `index`. */
  make(index: number): string;
  /** Reads a token, or throws. */
  read(token: string): unknown;
}

/** Short, but for every tenth, which is compressed. */
const payload = (index: number): unknown =>
  index % 10 === 0 ? { note: `激活${"ab".repeat(25)}` } : { confirm: index };

function serializers(options: {
  lenient: boolean;
}): Record<string, { dumps(value: unknown): string; loads(token: string): unknown }> {
  const common = { ...options, now };
  const djangoSigner = new django.TimestampSigner({ key: KEY, ...common });
  const timed = new signing.URLSafeTimedSerializer(KEY, common);
  return {
    Serializer: new signing.Serializer(KEY, common),
    TimedSerializer: new signing.TimedSerializer(KEY, common),
    URLSafeSerializer: new signing.URLSafeSerializer(KEY, common),
    URLSafeTimedSerializer: {
      dumps: (value) => timed.dumps(value),
      loads: (token) => timed.loads(token, { maxAge: 60 }),
    },
    JSONWebSignatureSerializer: new signing.JSONWebSignatureSerializer(KEY, common),
    TimedJSONWebSignatureSerializer: new signing.TimedJSONWebSignatureSerializer(KEY, { ...common, salt: "s" }),
    "django dumps": {
      dumps: (value) => djangoSigner.signObject(value, { compress: true }),
      loads: (token) => djangoSigner.unsignObject(token, { maxAge: 60 }),
    },
  };
}

function signers(options: { lenient: boolean }): Record<string, signing.Signer> {
  return {
    Signer: new signing.Signer(KEY, options),
    TimestampSigner: new signing.TimestampSigner(KEY, { ...options, now }),
    "django Signer": new django.Signer({ key: KEY, ...options }),
    "django TimestampSigner": new django.TimestampSigner({ key: KEY, ...options, now }),
  };
}

/** All kinds, read strictly or leniently. */
export function kinds(options: { lenient: boolean } = { lenient: false }): Kind[] {
  return [
    ...Object.entries(signers(options)).map(([name, signer]) => ({
      name,
      make: (index: number) => signer.sign(`用户 ${index}`),
      read: (token: string) => signer.unsign(token),
    })),
    ...Object.entries(serializers(options)).map(([name, serializer]) => ({
      name,
      make: (index: number) => serializer.dumps(payload(index)),
      read: (token: string) => serializer.loads(token),
    })),
  ];
}

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
