/** django.contrib.auth's tokens for password resets: bound to what a user is now, so that using one ends it. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { checkDigestMethod } from "../digest-method.ts";
import { SigningUsageError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { secretKeyList } from "../secret-key.ts";
import { localSeconds } from "./local-seconds.ts";
import type { DjangoKey } from "./signer.ts";

/** What of a user a token is bound to; when one of them changes, the token is good no more. */
export interface TokenUser {
  /** The primary key. */
  readonly pk: string | number | bigint;
  /** The hash in the column `password`. */
  readonly password: string;
  /** The time in the column `last_login`; as text exactly as Python's `str()` writes it where Django has USE_TZ off. */
  readonly lastLogin?: Date | string | null | undefined;
  readonly email?: string | null | undefined;
}

/** What may be set of a generator; a misspelt name is refused. */
export interface PasswordResetTokenGeneratorOptions {
  /** Signs, and verifies first. Django's `settings.SECRET_KEY`. */
  readonly secret: DjangoKey;
  /** Verify too. Django's `settings.SECRET_KEY_FALLBACKS`. */
  readonly secretFallbacks?: readonly DjangoKey[];
  /** How long a token is good, in seconds, the last one included: `settings.PASSWORD_RESET_TIMEOUT`. Default 259200 (3 days). */
  readonly timeout?: number;
  /** The digest, by node:crypto's name. Default "sha256"; before Django 3.1 it was "sha1". */
  readonly algorithm?: string;
  /** Keeps tokens of different purposes apart. Default: that of Django's class. */
  readonly keySalt?: string;
  /** The name of `settings.TIME_ZONE`, whose clock Django counts by. Default: this process's time zone. */
  readonly timeZone?: string;
  /** The time in Unix seconds. Default: the machine's. */
  readonly now?: () => number;
}

const OPTION_NAMES = [
  "secret",
  "secretFallbacks",
  "timeout",
  "algorithm",
  "keySalt",
  "timeZone",
  "now",
] satisfies (keyof PasswordResetTokenGeneratorOptions)[];

const KEY_SALT = "django.contrib.auth.tokens.PasswordResetTokenGenerator";
const THREE_DAYS = 259_200;

/** A time in base 36, and half of the signature's hex digits. */
const TOKEN = /^([0-9a-z]{1,10})-[0-9a-f]+$/;

/** A Date as `str()` of Python's datetime in UTC, without microseconds and zone. */
function pythonTime(time: Date | string | null | undefined): string {
  if (time instanceof Date) return time.toISOString().slice(0, 19).replace("T", " ");
  return time ?? "";
}

/** Without these two, the token of one user would be good for every other. */
function requireUser({ pk, password }: TokenUser): void {
  const isKey = typeof pk === "string" || typeof pk === "number" || typeof pk === "bigint";
  if (isKey && typeof password === "string") return;
  const text = "a user needs pk, the primary key, and password, the hash of that column (text, if empty)";
  throw new SigningUsageError("WX_SIGNING_VALUE", text);
}

/**
 * Makes and checks the tokens of Django's class of this name, byte for byte. A subclass that overrides `makeHashValue`
 * does what a Django subclass with its own `_make_hash_value` does, such as the account activation of many tutorials.
 *
 * @example
 * const generator = new PasswordResetTokenGenerator({ secret: secretKey, timeZone: "Asia/Shanghai" });
 * generator.checkToken(user, generator.makeToken(user)); // true, until the password, log-in time or e-mail changes
 */
export class PasswordResetTokenGenerator {
  readonly #secrets: readonly Uint8Array[];
  readonly #timeout: number;
  readonly #algorithm: string;
  readonly #keySalt: string;
  readonly #now: () => number;

  /** @throws SigningUsageError WX_SIGNING_KEY for an empty secret, WX_SIGNING_OPTION for an unknown option, digest or time zone. */
  constructor(options: PasswordResetTokenGeneratorOptions) {
    checkOptions("the generator", options, OPTION_NAMES);
    const { algorithm = "sha256", secret, secretFallbacks = [], now = () => Date.now() / 1000 } = options;
    checkDigestMethod(algorithm);
    this.#secrets = secretKeyList([secret, ...secretFallbacks]);
    this.#timeout = options.timeout ?? THREE_DAYS;
    this.#algorithm = algorithm;
    this.#keySalt = options.keySalt ?? KEY_SALT;
    const toLocal = localSeconds(options.timeZone);
    this.#now = () => toLocal(now());
  }

  /** A token for the user as he is now. */
  makeToken(user: TokenUser): string {
    return this.#tokenOf(user, this.#now(), this.#secrets[0] as Uint8Array); // there is always one
  }

  /** True when `token` was made for the user as he is now, and not longer ago than the timeout. Never throws for a token. */
  checkToken(user: TokenUser | null | undefined, token: string | null | undefined): boolean {
    if (user === null || user === undefined || typeof token !== "string") return false;
    const seconds = Number.parseInt(TOKEN.exec(token)?.[1] ?? "", 36);
    if (!Number.isSafeInteger(seconds)) return false;
    const given = Buffer.from(token);
    const isOurs = this.#secrets.some((secret) => {
      const right = Buffer.from(this.#tokenOf(user, seconds, secret));
      return right.length === given.length && timingSafeEqual(right, given);
    });
    // A clock that gives NaN must not keep tokens alive, hence the comparison this way round.
    return isOurs && this.#now() - seconds <= this.#timeout;
  }

  /**
   * The text a token is bound to.
   *
   * @param timestamp Seconds since 2001, as in the token.
   * @throws SigningUsageError WX_SIGNING_VALUE for a user without `pk` or `password`
   */
  protected makeHashValue(user: TokenUser, timestamp: number): string {
    requireUser(user);
    return `${user.pk}${user.password}${pythonTime(user.lastLogin)}${timestamp}${user.email ?? ""}`;
  }

  #tokenOf(user: TokenUser, timestamp: number, secret: Uint8Array): string {
    const key = createHash(this.#algorithm).update(this.#keySalt).update(secret).digest();
    const digest = createHmac(this.#algorithm, key).update(this.makeHashValue(user, timestamp)).digest("hex");
    const half = digest.replaceAll(/(.)./g, "$1"); // to keep links short, as Django does
    return `${timestamp.toString(36)}-${half}`;
  }
}
