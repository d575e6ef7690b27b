/** Settings out of the environment, by Django's names. */
import { readFileSync } from "node:fs";
import { describeError, hintFor } from "../base/index.ts";
import { checkConfig, isKnownAddress, takesOption } from "./define.ts";
import { readEmailUrl } from "./email-url.ts";
import { ConfigError, type ConfigProblem } from "./errors.ts";
import { type combinedSettings, type Setting, settingNames, settings } from "./settings.ts";
import type { WaxsealConfig } from "./types.ts";
import { readValue } from "./values.ts";

/** Variables by their names, as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A configuration, and for each value of it the environment name that it came from. */
export interface EnvironmentReading {
  config: WaxsealConfig;
  /** By path, such as `mailers.default.host`. */
  origins: ReadonlyMap<string, string>;
}

/**
 * The configuration that the environment describes. An empty variable counts as none.
 *
 * @param env Default: the environment of the process.
 * @throws ConfigError `WX_CONFIG`, with every problem at once: a value of the wrong kind, EMAIL_USE_TLS and
 *   EMAIL_USE_SSL both true, an unknown name that begins with EMAIL_ or WAXSEAL_
 * @example
 * const waxseal = await createWaxseal(fromEnv());
 */
export function fromEnv(env: Environment = process.env): WaxsealConfig {
  return readEnvironment(env).config;
}

/** As `fromEnv`, and says where each value came from. */
export function readEnvironment(env: Environment): EnvironmentReading {
  const problems: ConfigProblem[] = unknownNames(env);
  const values = new Map<string, { value: unknown; origin: string }>();
  const put = (path: string, value: unknown, origin: string): void => void values.set(path, { value, origin });

  for (const setting of settings) {
    const found = textOf(env, setting);
    if (found === undefined) continue;
    const reading = "problem" in found ? found : readValue(setting.kind, found.text);
    if ("problem" in reading) problems.push({ setting: found.origin, problem: reading.problem });
    else put(setting.path, reading.value, found.origin);
  }
  readSecurity(env, put, problems);
  readUrl(env, put, problems);
  defaultBackend(values);
  dropForeignOptions(values);
  const origins = new Map([...values].map(([path, { origin }]) => [path, origin]));
  const config = nest(values);
  // What is wrong with a value from here is said by its name here; what is missing may still come from elsewhere.
  for (const { setting, problem } of checkConfig(config)) {
    const origin = origins.get(setting);
    if (origin !== undefined) problems.push({ setting: origin, problem });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, origins };
}

function unknownNames(env: Environment): ConfigProblem[] {
  return Object.keys(env)
    .filter((name) => /^(EMAIL|WAXSEAL)_/.test(name) && !settingNames.includes(name) && env[name] !== "")
    .map((name) => ({ setting: name, problem: `there is no such setting. ${hintFor(name, settingNames)}` }));
}

/** The text of a setting, from its variable or from the file that its _FILE variable names. */
function textOf(
  env: Environment,
  setting: Setting,
): { text: string; origin: string } | { problem: string; origin: string } | undefined {
  const { name } = setting;
  const text = env[name] || undefined;
  const fileName = `${name}_FILE`;
  const path = setting.fileVariant === true ? env[fileName] || undefined : undefined;
  if (path === undefined) return text === undefined ? undefined : { text, origin: name };
  if (text !== undefined) return { problem: `${name} is set too; set one of the two.`, origin: fileName };
  try {
    const content = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    return content === ""
      ? { problem: `the file ${path} is empty.`, origin: fileName }
      : { text: content, origin: fileName };
  } catch (error) {
    return { problem: `the file cannot be read: ${describeError(error)}.`, origin: fileName };
  }
}

type Put = (path: string, value: unknown, origin: string) => void;

/** EMAIL_USE_TLS is STARTTLS and EMAIL_USE_SSL is TLS from the start, as in Django. */
function readSecurity(env: Environment, put: Put, problems: ConfigProblem[]): void {
  const read = (name: (typeof combinedSettings)[number]): boolean | undefined => {
    const text = env[name] || undefined;
    if (text === undefined) return undefined;
    const reading = readValue("boolean", text);
    if ("problem" in reading) problems.push({ setting: name, problem: reading.problem });
    return "value" in reading ? reading.value === true : undefined;
  };
  const tls = read("EMAIL_USE_TLS");
  const ssl = read("EMAIL_USE_SSL");
  if (tls === true && ssl === true) {
    problems.push({
      setting: "EMAIL_USE_TLS",
      problem:
        "it is true, and so is EMAIL_USE_SSL; only one can be. EMAIL_USE_SSL is for port 465 (TLS from the start), EMAIL_USE_TLS for port 587 (STARTTLS).",
    });
  } else if (ssl === true) put("mailers.default.security", "tls", "EMAIL_USE_SSL");
  else if (tls === true) put("mailers.default.security", "starttls", "EMAIL_USE_TLS");
}

function readUrl(env: Environment, put: Put, problems: ConfigProblem[]): void {
  const text = env["EMAIL_URL"] || undefined;
  if (text === undefined) return;
  const rival = [
    "EMAIL_BACKEND",
    "EMAIL_HOST",
    "EMAIL_PROVIDER",
    "EMAIL_PORT",
    "EMAIL_HOST_USER",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_USE_TLS",
    "EMAIL_USE_SSL",
  ].find((name) => env[name]);
  if (rival !== undefined) {
    problems.push({
      setting: "EMAIL_URL",
      problem: `${rival} is set too; EMAIL_URL says all that in one, so set either.`,
    });
    return;
  }
  const reading = readEmailUrl(text);
  if ("problem" in reading) problems.push({ setting: "EMAIL_URL", problem: reading.problem });
  else for (const [key, value] of Object.entries(reading.mailer)) put(`mailers.default.${key}`, value, "EMAIL_URL");
}

/**
 * A mailer that has a host or a provider speaks SMTP, and so does one whose user is an address of a known provider; a
 * password alone may belong to one that is described elsewhere.
 */
function defaultBackend(values: Map<string, { value: unknown; origin: string }>): void {
  const user = values.get("mailers.default.user");
  const known = isKnownAddress(user?.value) ? user : undefined;
  const sign = values.get("mailers.default.host") ?? values.get("mailers.default.provider") ?? known;
  if (sign === undefined || values.has("mailers.default.backend")) return;
  values.set("mailers.default.backend", { value: "smtp", origin: sign.origin });
}

/** As in Django, EMAIL_BACKEND chooses, and what only another backend takes may stay where it stands. */
function dropForeignOptions(values: Map<string, { value: unknown; origin: string }>): void {
  const prefix = "mailers.default.";
  const backend = values.get(`${prefix}backend`)?.value;
  if (backend === undefined) return;
  for (const path of values.keys()) {
    const option = path.slice(prefix.length);
    if (path.startsWith(prefix) && option !== "backend" && !takesOption(String(backend), option)) values.delete(path);
  }
}

function nest(values: ReadonlyMap<string, { value: unknown }>): WaxsealConfig {
  const root: Record<string, unknown> = {};
  for (const [path, { value }] of values) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let node = root;
    for (const key of keys) node = (node[key] ??= {}) as Record<string, unknown>;
    node[last] = value;
  }
  return root;
}
