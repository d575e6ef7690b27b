/** A configuration checked as a whole, before anything is opened. */
import { hintFor } from "../base/index.ts";
import { findProvider, MessageError, parseMailbox, providers } from "../mail/index.ts";
import {
  type Check,
  checkShape,
  isBoolean,
  isCount,
  isOneOf,
  isOwnPort,
  isPlainObject,
  isPort,
  isSeconds,
  isText,
  type Shape,
  show,
} from "./check.ts";
import { ConfigError, type ConfigProblem } from "./errors.ts";
import { checkDkim, mailShape } from "./mail-checks.ts";
import { outboxShape } from "./outbox-settings.ts";
import { providerShapes } from "./provider-mailers.ts";
import { smtpPoolShape } from "./smtp-pool-settings.ts";
import type { WaxsealConfig } from "./types.ts";

/** Under this a key can be guessed; Django's own are 50 characters. */
const SECRET_MIN = 16;

const isHttpUrl: Check = (value) =>
  typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
    ? undefined
    : `it is ${show(value)}; it must be the http or https URL where people reach the site, such as https://example.com.`;

const isMailbox: Check = (value) => {
  try {
    parseMailbox(value as string, "address");
    return undefined;
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    return `it is ${show(value)}; it must be one address, such as mac@163.com or 'mac <mac@163.com>'. ${error.message}`;
  }
};

const isSecretKey: Check = (value) => {
  const keys: readonly unknown[] = Array.isArray(value) ? value : [value];
  const bad = keys.length === 0 || keys.some((key) => typeof key !== "string" || key.length < SECRET_MIN);
  return bad
    ? `it must have ${SECRET_MIN} characters or more. Make one with: node -p 'crypto.randomBytes(32).toString("base64url")'`
    : undefined;
};

const isDatabaseUrl: Check = (value) =>
  typeof value === "string" && /^(?:sqlite:.+|postgres(?:ql)?:\/\/.+)/s.test(value)
    ? undefined
    : `it is ${show(value)}; it must be sqlite:PATH, such as sqlite:.waxseal/waxseal.db, or postgres://USER:PASSWORD@HOST/DATABASE.`;

const isProvider: Check = (value) => {
  if (typeof value === "string" && !value.includes("@") && findProvider(value) !== undefined) return undefined;
  const known = providers.flatMap(({ id, aliases = [] }) => [id, ...aliases]);
  return `it is ${show(value)}, which is not known here. ${hintFor(String(value), known)} Or set host instead.`;
};

const shape: Shape = {
  secretKey: isSecretKey,
  siteUrl: isHttpUrl,
  siteName: isText,
  databaseUrl: isDatabaseUrl,
  databasePoolSize: isCount,
  defaultFromEmail: isMailbox,
  mailers: (value) =>
    isPlainObject(value) ? undefined : `it is ${show(value)}; it must be an object of named mailers.`,
  ...mailShape,
  accounts: { activationMaxAgeSeconds: isSeconds, sessionMaxAgeSeconds: isSeconds, mailsPerHour: isCount },
  ...outboxShape,
  web: { host: isText, port: isOwnPort },
  inbox: { port: isOwnPort },
  log: { level: isOneOf("debug", "info", "warn", "error") },
};

/** For each backend its options, and which of them it cannot do without. */
const mailerShapes: Readonly<Record<string, { options: Shape; required: readonly string[] }>> = {
  smtp: {
    options: {
      host: isText,
      provider: isProvider,
      port: isPort,
      security: isOneOf("tls", "starttls", "starttls-if-offered", "none"),
      user: isText,
      password: (value) =>
        typeof value === "string" && value !== "" ? undefined : "it must be a text that is not empty.",
      timeoutSeconds: isSeconds,
      caFile: isText,
      certFile: isText,
      keyFile: isText,
      allowPlaintextAuth: isBoolean,
      ...smtpPoolShape,
    },
    required: [],
  },
  console: { options: { raw: isBoolean }, required: [] },
  file: { options: { path: isText }, required: ["path"] },
  memory: { options: {}, required: [] },
  dummy: { options: {}, required: [] },
  outbox: {
    options: { using: isText, priority: isOneOf("critical", "high", "normal", "low") },
    required: ["using"],
  },
  ...providerShapes,
};

/** Whether a backend of ours has this option. */
export function takesOption(backend: string, option: string): boolean {
  return Object.hasOwn(mailerShapes[backend]?.options ?? {}, option);
}

/** What each required option is called in the environment. */
const environmentNames: Readonly<Record<string, string>> = {
  path: "EMAIL_FILE_PATH",
  apiKey: "EMAIL_API_KEY",
  domain: "EMAIL_API_DOMAIN",
  accessKeyId: "EMAIL_ACCESS_KEY_ID",
  secretAccessKey: "EMAIL_SECRET_ACCESS_KEY",
  region: "EMAIL_REGION",
};

/**
 * Checks a configuration file and returns it unchanged. What the environment may still add, such as the password of the
 * default mailer, may be missing here: the start asks for it.
 *
 * @throws ConfigError `WX_CONFIG`, with every problem at once, also for an option that does not exist
 * @example
 * export default defineConfig({ mailers: { default: { backend: "smtp", host: "smtp.163.com", port: 465 } } });
 */
export function defineConfig(config: WaxsealConfig): WaxsealConfig {
  return throwing(config, checkConfig(config, { isWhole: false }));
}

/**
 * Refuses a configuration that is wrong, or that lacks what its mailers need.
 *
 * @throws ConfigError `WX_CONFIG`, with every problem at once
 */
export function requireConfig(config: WaxsealConfig): WaxsealConfig {
  return throwing(config, checkConfig(config));
}

function throwing(config: WaxsealConfig, problems: readonly ConfigProblem[]): WaxsealConfig {
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** The mailer that the environment describes. */
const DEFAULT = "default";

/**
 * Every problem of a configuration, by the path where it stands.
 *
 * @param isWhole False where the environment may still add what is missing. Default true.
 */
export function checkConfig(config: WaxsealConfig, { isWhole = true }: { isWhole?: boolean } = {}): ConfigProblem[] {
  const problems = [...checkShape(config, shape, ""), ...checkDkim(config.dkim, isWhole)];
  if (!isPlainObject(config.mailers)) return problems;
  const mailers = Object.entries(config.mailers).flatMap(([name, mailer]) =>
    checkMailer(mailer, name, isWhole || name !== DEFAULT),
  );
  return [...problems, ...mailers];
}

function checkMailer(mailer: unknown, name: string, isWhole: boolean): ConfigProblem[] {
  const path = `mailers.${name}`;
  if (!isPlainObject(mailer)) return checkShape(mailer, {}, path);
  if (typeof mailer["send"] === "function") return []; // a backend of the user's own
  const { backend, ...options } = mailer;
  const found = typeof backend === "string" && Object.hasOwn(mailerShapes, backend) ? mailerShapes[backend] : undefined;
  if (found === undefined) {
    if (backend === undefined && !isWhole) return [];
    const known = Object.keys(mailerShapes).join(", ");
    const problem =
      backend === undefined
        ? `it is missing. ${howToSay(options["user"], known)}`
        : `it is ${show(backend)}; it must be one of ${known}, or give an object with a send method.`;
    return [{ setting: `${path}.backend`, problem }];
  }
  const wrong = Object.entries(options).flatMap(([option, value]) =>
    value !== undefined && isOfAnother(option, found.options)
      ? [{ setting: `${path}.${option}`, problem: notTaken(option, String(backend)) }]
      : checkShape({ [option]: value }, found.options, path),
  );
  if (!isWhole) return wrong;
  const missing = found.required.filter((option) => options[option] === undefined);
  return [
    ...wrong,
    ...missing.map((option) => ({ setting: `${path}.${option}`, problem: howToGive(option, name) })),
    ...(backend === "smtp" ? checkServer(options, name) : []),
    ...checkCredentials(options, name),
  ];
}

/** What the environment calls a setting of the default mailer; it has no other. */
function orName(name: string, variable: string | undefined): string {
  return name === DEFAULT && variable !== undefined ? `, or ${variable} in the environment` : "";
}

function howToGive(option: string, name: string): string {
  if (option === "using") return "it is missing. Give the name of the mailer that sends what waits in the outbox.";
  return `it is missing. Set it${orName(name, environmentNames[option])}.`;
}

function howToSay(user: unknown, known: string): string {
  if (typeof user === "string" && user.includes("@") && !isKnownAddress(user)) {
    return `The provider of ${show(user.split("@")[1])} is not known here: set EMAIL_HOST (and EMAIL_PORT) to its server, or EMAIL_PROVIDER to its name; in the configuration file backend: "smtp", and host or provider.`;
  }
  return `Set it to one of ${known}; in the environment EMAIL_HOST or EMAIL_BACKEND says it.`;
}

/** The backends that take an option. */
function takersOf(option: string): string[] {
  return Object.entries(mailerShapes).flatMap(([name, { options }]) => (Object.hasOwn(options, option) ? [name] : []));
}

function isOfAnother(option: string, own: Shape): boolean {
  return !Object.hasOwn(own, option) && takersOf(option).length > 0;
}

/** What a person does who left one backend's settings behind when choosing another. */
function notTaken(option: string, backend: string): string {
  const takers = takersOf(option).join(" or ");
  return `the backend ${backend} does not take it. Remove it, or choose ${takers} (backend, EMAIL_BACKEND).`;
}

/** An SMTP server must be named, unless its provider is known. */
function checkServer({ host, provider, user }: Record<string, unknown>, name: string): ConfigProblem[] {
  if (host !== undefined || provider !== undefined || isKnownAddress(user)) return [];
  const domain = String(user ?? "").split("@")[1];
  const why =
    domain === undefined ? "it is missing" : `it is missing, and the provider of ${show(domain)} is not known here`;
  const provided = name === DEFAULT ? "the provider, EMAIL_PROVIDER" : "provider";
  const problem = `${why}. Set it${orName(name, "EMAIL_HOST")}; or ${provided}, such as 163.`;
  return [{ setting: `mailers.${name}.host`, problem }];
}

/** Whether an address says by itself which server sends for it. */
export function isKnownAddress(user: unknown): boolean {
  return typeof user === "string" && user.includes("@") && findProvider(user) !== undefined;
}

/** With one half alone the server would be spoken to without a log-in, and refuse each mail for a reason of its own. */
function checkCredentials(options: Record<string, unknown>, name: string): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const pairs = [
    ["user", "password", "EMAIL_HOST_PASSWORD"],
    ["password", "user", "EMAIL_HOST_USER"],
    ["certFile", "keyFile", "EMAIL_SSL_KEYFILE"],
    ["keyFile", "certFile", "EMAIL_SSL_CERTFILE"],
  ] as const;
  for (const [given, absent, variable] of pairs) {
    if (options[given] === undefined || options[absent] !== undefined) continue;
    const inEnvironment = name === DEFAULT ? ` (${variable} in the environment)` : "";
    problems.push({
      setting: `mailers.${name}.${absent}`,
      problem: `it is missing, and ${given} is there. Set both, or neither${inEnvironment}.`,
    });
  }
  return problems;
}
