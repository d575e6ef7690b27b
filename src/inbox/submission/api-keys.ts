/** The keys by which other programs hand in mail: made, listed, revoked, and recognized. */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { type Clock, describeError, hintFor, type Logger, silentLogger, systemClock } from "../../base/index.ts";
import type { Database } from "../../db/index.ts";
import {
  type ApiKeyRow,
  deleteRevoked,
  findActive,
  insertKey,
  listKeys,
  markUsed,
  revokeKey,
} from "./api-key-store.ts";
import { ApiKeyError } from "./errors.ts";
import { type ApiKeySettings, checkKeySettings, isName, NAME_RULE } from "./key-settings.ts";

/** A key as it is shown; the secret itself is kept nowhere. */
export interface ApiKey {
  id: string;
  name: string;
  settings: ApiKeySettings;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** To the minute, in milliseconds since 1970; undefined where it never was. */
  lastUsedAt: number | undefined;
  /** In milliseconds since 1970; undefined while it may be used. */
  revokedAt: number | undefined;
}

/** What recognizes keys; a submission server is given one. */
export interface KeyRing {
  /** The active key of a secret. The answer is up to 2 seconds old, so that a revocation is seen after that. */
  find(hash: string): Promise<ApiKey | undefined>;
}

/** The API keys of a database. */
export interface ApiKeys extends KeyRing {
  /**
   * Makes a key.
   *
   * @param name What people call it, such as `shop`. That of a revoked key may be used again.
   * @returns The key, and its secret, which is shown this once.
   * @throws ApiKeyError `WX_API_KEY_NAME`, `WX_API_KEY_SETTINGS`
   */
  create(name: string, settings?: ApiKeySettings): Promise<{ key: ApiKey; secret: string }>;
  /** All of them by name, the revoked ones too. */
  list(): Promise<ApiKey[]>;
  /**
   * Ends a key: within seconds every server refuses it, on open connections too.
   *
   * @throws ApiKeyError `WX_API_KEY_UNKNOWN`
   */
  revoke(name: string): Promise<ApiKey>;
}

/** What API keys need. */
export interface ApiKeysOptions {
  /** Migrated. */
  database: Database;
  clock?: Clock | undefined;
  logger?: Logger | undefined;
}

/** How old an answer about a key may be, in milliseconds: what a revocation waits, and what a log-in saves. */
const FRESH_MS = 2_000;
/** How often the use of a key is written down, in milliseconds. */
const MARK_MS = 60_000;
/** How many keys are remembered. Only keys that exist are, so nobody can fill it from outside. */
const MAX_REMEMBERED = 10_000;

/** What is stored of a secret, and compared. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/**
 * The API keys of a migrated database.
 *
 * @example
 * const keys = createApiKeys({ database });
 * const { secret } = await keys.create("shop", { allowedFrom: ["*@shop.example"] });
 */
export function createApiKeys(options: ApiKeysOptions): ApiKeys {
  const { clock = systemClock, logger = silentLogger } = options;
  const db = options.database.kysely;
  const remembered = new Map<string, { at: number; key: Promise<ApiKey | undefined> }>();
  const markedAt = new Map<string, number>();

  async function look(hash: string): Promise<ApiKey | undefined> {
    const row = await findActive(db, hash);
    if (row === undefined) remembered.delete(hash);
    else await mark(row);
    return row && shown(row);
  }

  /** A use that is not written down is no reason to refuse the mail. */
  async function mark({ id }: ApiKeyRow): Promise<void> {
    const now = clock.now();
    if (now - (markedAt.get(id) ?? -Infinity) < MARK_MS) return;
    markedAt.set(id, now);
    try {
      await markUsed(db, id, now);
    } catch (error) {
      logger.log("warn", "api-key.use-not-written", { id, error: describeError(error) });
    }
  }

  function find(hash: string): Promise<ApiKey | undefined> {
    const now = clock.now();
    const found = remembered.get(hash);
    if (found !== undefined && Math.abs(now - found.at) < FRESH_MS) return found.key;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    const key = look(hash);
    remembered.set(hash, { at: now, key });
    key.catch(() => remembered.delete(hash));
    return key;
  }

  return {
    find,
    create: async (name, settings = {}) => {
      if (!isName(name)) throw new ApiKeyError("WX_API_KEY_NAME", `The name of a key must be ${NAME_RULE}.`);
      const checked = checkKeySettings(settings);
      const secret = `wxs_${randomBytes(32).toString("base64url")}`;
      const row: ApiKeyRow = {
        id: randomUUID(),
        name,
        key_hash: hashOf(secret),
        settings: JSON.stringify(checked),
        created_at: clock.now(),
        last_used_at: null,
        revoked_at: null,
      };
      const inserted = await db.transaction().execute(async (tx) => {
        await deleteRevoked(tx, name);
        return insertKey(tx, row);
      });
      if (inserted) return { key: shown(row), secret };
      throw new ApiKeyError(
        "WX_API_KEY_NAME",
        `There is a key "${name}" already. Choose another name, or revoke that one first.`,
      );
    },
    list: async () => (await listKeys(db)).map(shown),
    revoke: async (name) => {
      const row = await revokeKey(db, name, clock.now());
      if (row === undefined) {
        const active = (await listKeys(db)).filter(({ revoked_at }) => revoked_at === null);
        const hint = hintFor(
          name,
          active.map((key) => key.name),
        );
        throw new ApiKeyError("WX_API_KEY_UNKNOWN", `There is no active key "${name}". ${hint}`);
      }
      remembered.delete(row.key_hash);
      return shown(row);
    },
  };
}

function shown(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    settings: JSON.parse(row.settings) as ApiKeySettings,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  };
}
