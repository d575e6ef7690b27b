/** The kinds of tokens that the command line writes and reads, each with the class that does it. */
import {
  BadSignature,
  compactJson,
  JSONWebSignatureSerializer,
  losslessJson,
  type LosslessJsonValue,
  type PayloadSerializer,
  pythonJson,
  Serializer,
  TimedJSONWebSignatureSerializer,
  TimedSerializer,
  URLSafeSerializer,
  URLSafeTimedSerializer,
} from "../signing/index.ts";
import { TimestampSigner as DjangoSigner } from "../signing/django/index.ts";

/** What the flags say of a token. */
export interface TokenSettings {
  /** Oldest first. */
  keys: readonly string[];
  salt?: string | undefined;
  /** Seconds. */
  expiresIn?: number | undefined;
  /** Seconds. */
  maxAge?: number | undefined;
  algorithm?: "HS256" | "HS384" | "HS512" | undefined;
  compress?: boolean | undefined;
}

/** A token that was found good. */
export interface ReadToken {
  value: unknown;
  madeAt?: Date | undefined;
  endsAt?: Date | undefined;
}

export interface TokenFormat {
  /** What it is called where it comes from. */
  title: string;
  dumps(value: unknown, settings: TokenSettings): string;
  /** @throws BadData and its kin */
  loads(token: string, settings: TokenSettings): ReadToken;
  /** The same token under the newest key, with the times that it had. */
  rotate(token: string, settings: TokenSettings): string;
}

type Lossless = PayloadSerializer<LosslessJsonValue>;

/** Written as the class writes it, and read without loss, so that `rotate` changes nothing but the signature. */
const lossless = ({ dumps }: Pick<Lossless, "dumps">): Lossless => ({ dumps, loads: losslessJson.loads });
const compact = lossless(compactJson);
const spaced = lossless(pythonJson);
const ascii = lossless({ dumps: (value) => compactJson.dumps(value, { ensureAscii: true }) });

const saltOf = ({ salt }: TokenSettings): { salt?: string } => (salt === undefined ? {} : { salt });
const fromSeconds = (seconds: unknown): Date | undefined =>
  typeof seconds === "number" ? new Date(seconds * 1000) : undefined;

/** A class whose tokens carry no time. */
function untimed(
  title: string,
  payload: Lossless,
  Class: new (
    keys: readonly string[],
    options: { salt?: string; serializer: Lossless },
  ) => { dumps(value: unknown): string; loads(token: string): unknown },
): TokenFormat {
  const serializer = (settings: TokenSettings) =>
    new Class(settings.keys, { ...saltOf(settings), serializer: payload });
  return {
    title,
    dumps: (value, settings) => serializer(settings).dumps(value),
    loads: (token, settings) => ({ value: serializer(settings).loads(token) }),
    rotate: (token, settings) => serializer(settings).dumps(serializer(settings).loads(token)),
  };
}

/** A class whose tokens carry the time they were made. */
function timed(
  title: string,
  payload: Lossless,
  Class: new (
    keys: readonly string[],
    options: { salt?: string; serializer: Lossless; now?: () => number },
  ) => {
    dumps(value: unknown): string;
    loads(token: string, options: { maxAge: number | undefined; returnTimestamp: true }): [value: unknown, time: Date];
  },
): TokenFormat {
  const load = (token: string, settings: TokenSettings): [unknown, Date] =>
    new Class(settings.keys, { ...saltOf(settings), serializer: payload }).loads(token, {
      maxAge: settings.maxAge,
      returnTimestamp: true,
    });
  return {
    title,
    dumps: (value, settings) => new Class(settings.keys, { ...saltOf(settings), serializer: payload }).dumps(value),
    loads: (token, settings) => {
      const [value, madeAt] = load(token, settings);
      return { value, madeAt };
    },
    rotate: (token, settings) => {
      const [value, madeAt] = load(token, settings);
      return new Class(settings.keys, {
        ...saltOf(settings),
        serializer: payload,
        now: () => madeAt.getTime() / 1000,
      }).dumps(value);
    },
  };
}

const algorithmOf = ({ algorithm }: TokenSettings): { algorithmName?: "HS256" | "HS384" | "HS512" } =>
  algorithm === undefined ? {} : { algorithmName: algorithm };

const jws: TokenFormat = {
  title: "JSONWebSignatureSerializer",
  dumps: (value, settings) =>
    new JSONWebSignatureSerializer(settings.keys, {
      ...saltOf(settings),
      serializer: compact,
      ...algorithmOf(settings),
    }).dumps(value),
  loads: (token, settings) => ({
    value: new JSONWebSignatureSerializer(settings.keys, {
      ...saltOf(settings),
      serializer: compact,
      ...algorithmOf(settings),
    }).loads(token),
  }),
  rotate: (token, settings) => {
    const serializer = new JSONWebSignatureSerializer(settings.keys, {
      ...saltOf(settings),
      serializer: compact,
      ...algorithmOf(settings),
    });
    const [value, headerFields] = serializer.loads(token, { returnHeader: true });
    return serializer.dumps(value, { headerFields });
  },
};

const timedJws: TokenFormat = {
  title: "TimedJSONWebSignatureSerializer",
  dumps: (value, settings) => {
    const lifetime = settings.expiresIn === undefined ? {} : { expiresIn: settings.expiresIn };
    const options = { ...saltOf(settings), serializer: compact, ...algorithmOf(settings), ...lifetime };
    return new TimedJSONWebSignatureSerializer(settings.keys, options).dumps(value);
  },
  loads: (token, settings) => {
    const options = { ...saltOf(settings), serializer: compact, ...algorithmOf(settings) };
    const serializer = new TimedJSONWebSignatureSerializer(settings.keys, options);
    const [value, header] = serializer.loads(token, { returnHeader: true });
    return { value, madeAt: fromSeconds(header["iat"]), endsAt: fromSeconds(header["exp"]) };
  },
  rotate: (token, settings) => {
    const options = { ...saltOf(settings), serializer: compact, ...algorithmOf(settings) };
    const [value, header] = new TimedJSONWebSignatureSerializer(settings.keys, options).loads(token, {
      returnHeader: true,
    });
    const { iat, exp } = header;
    if (typeof iat !== "number" || typeof exp !== "number") {
      throw new BadSignature("the header does not say in numbers when the token was made and when it ends");
    }
    const times = { expiresIn: exp - iat, now: () => iat };
    return new TimedJSONWebSignatureSerializer(settings.keys, { ...options, ...times }).dumps(value, {
      headerFields: header,
    });
  },
};

const djangoSalt = ({ salt = "django.core.signing" }: TokenSettings): string => salt;

/** Django's list of keys is the other way round: the one that signs, then the ones to read by. */
function djangoSigner(settings: TokenSettings, now?: () => number): DjangoSigner {
  const [key = "", ...fallbackKeys] = settings.keys.toReversed();
  return new DjangoSigner({ key, fallbackKeys, salt: djangoSalt(settings), ...(now !== undefined && { now }) });
}

const django: TokenFormat = {
  title: "django.core.signing",
  dumps: (value, settings) =>
    djangoSigner(settings).signObject(value, { serializer: ascii, compress: settings.compress === true }),
  loads: (token, settings) => {
    const maxAge = settings.maxAge ?? null;
    return {
      value: djangoSigner(settings).unsignObject(token, { serializer: ascii, maxAge }),
      madeAt: djangoTime(token),
    };
  },
  rotate: (token, settings) => {
    const value = djangoSigner(settings).unsignObject(token, { serializer: ascii, maxAge: settings.maxAge ?? null });
    const seconds = (djangoTime(token)?.getTime() ?? 0) / 1000;
    const compress = settings.compress === true || token.startsWith(".");
    return djangoSigner(settings, () => seconds).signObject(value, { serializer: ascii, compress });
  },
};

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The time in a token of Django's: base 62, between its two last colons. */
export function djangoTime(token: string): Date | undefined {
  const digits = token.split(":").at(-2);
  if (digits === undefined || !/^[0-9A-Za-z]{1,8}$/.test(digits)) return undefined;
  return fromSeconds([...digits].reduce((sum, digit) => sum * 62 + BASE62.indexOf(digit), 0));
}

export const formats: Readonly<Record<string, TokenFormat>> = {
  "timed-jws": timedJws,
  jws,
  "url-safe-timed": timed("URLSafeTimedSerializer", compact, URLSafeTimedSerializer),
  "url-safe": untimed("URLSafeSerializer", compact, URLSafeSerializer),
  timed: timed("TimedSerializer", spaced, TimedSerializer),
  plain: untimed("Serializer", spaced, Serializer),
  django,
};

/** A value as JSON on one line, big integers included, with nothing that a terminal obeys. */
export function showValue(value: unknown): string {
  return compactJson
    .dumps(value)
    .replace(/[\u007f-\u009f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}
