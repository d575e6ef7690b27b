/** Where the commands get their settings: flags over the environment over `.env` over `waxseal.config.*`. */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { loadConfig as loadConfigFile } from "c12";
import { describeError } from "../base/index.ts";
import { ConfigError, type Environment, readEnvironment, type WaxsealConfig } from "../config.ts";

/** The flags that several commands share. */
export interface CommonFlags {
  port?: string;
  host?: string;
  smtpPort?: string;
  submissionPort?: string;
  database?: string;
}

export interface LoadedConfig {
  config: WaxsealConfig;
  /** By path, such as `mailers.default.host`: what set it. */
  origins: ReadonlyMap<string, string>;
}

/** The environment name that each flag stands for. */
const flagNames: Readonly<Record<keyof CommonFlags, string>> = {
  port: "PORT",
  host: "WAXSEAL_HOST",
  smtpPort: "WAXSEAL_SMTP_PORT",
  submissionPort: "WAXSEAL_SUBMISSION_PORT",
  database: "DATABASE_URL",
};

/**
 * The settings as the commands use them, and what set each.
 *
 * @throws ConfigError `WX_CONFIG` with every problem of the flags, the environment and `.env` at once, or when `.env` or
 *   the configuration file cannot be read
 */
export async function loadConfig(flags: CommonFlags = {}): Promise<LoadedConfig> {
  const fromFlags = Object.fromEntries(
    Object.entries(flags).map(([flag, value]) => [flagNames[flag as keyof CommonFlags], value as string]),
  );
  const dotEnv = readDotEnv();
  const environment: Environment = { ...dotEnv, ...process.env, ...fromFlags };
  const { config: overrides, origins: names } = readEnvironment(environment);
  const file = await readConfigFile();

  const origins = new Map<string, string>();
  const fileName = file.configFile?.split(/[\\/]/).at(-1) ?? "waxseal.config";
  for (const path of leafPaths(file.config)) origins.set(path, fileName);
  for (const [path, name] of names) origins.set(path, originOf(name, fromFlags, dotEnv));
  return { config: merge(file.config, overrides), origins };
}

function originOf(name: string, fromFlags: Environment, dotEnv: Environment): string {
  if (name in fromFlags) return `the flag for ${name}`;
  return process.env[name] === undefined && name in dotEnv ? `${name} in .env` : `${name} in the environment`;
}

function readDotEnv(): Environment {
  try {
    return parseEnv(readFileSync(".env", "utf8")) as Environment;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return {};
    throw unreadable(".env", error);
  }
}

/** `waxseal.config.*` of the working folder and of nowhere else; an empty one when there is none. */
async function readConfigFile(): ReturnType<typeof loadConfigFile<WaxsealConfig>> {
  try {
    return await loadConfigFile<WaxsealConfig>({
      name: "waxseal",
      rcFile: false,
      globalRc: false,
      dotenv: false,
      packageJson: false,
      extend: false,
    });
  } catch (error) {
    if (error instanceof ConfigError) throw error; // the file is read, and says what cannot be
    throw unreadable("waxseal.config", error);
  }
}

function unreadable(setting: string, error: unknown): ConfigError {
  return new ConfigError([{ setting, problem: `the file cannot be read: ${describeError(error)}` }]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** The path of every value in a configuration. */
export function leafPaths(value: unknown, prefix = ""): string[] {
  if (!isObject(value)) return prefix === "" ? [] : [prefix];
  return Object.entries(value).flatMap(([key, inner]) => leafPaths(inner, prefix === "" ? key : `${prefix}.${key}`));
}

/** `over` on top of `base`; objects are merged key by key, everything else is replaced. */
function merge<T>(base: T, over: T): T {
  if (!isObject(base) || !isObject(over)) return over ?? base;
  const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, merge(base[key], over[key])])) as T;
}
