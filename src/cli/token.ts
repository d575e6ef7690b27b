/** `waxseal token`: makes, reads, explains and re-signs tokens, with secrets from the settings or a file. */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { describeError, hintFor } from "../base/index.ts";
import { ConfigError } from "../config.ts";
import { losslessJson } from "../signing/index.ts";
import { loadConfig } from "./load-config.ts";
import { formats, showValue, type TokenFormat, type TokenSettings } from "./token-formats.ts";
import { describeToken } from "./token-inspect.ts";

/** The flags of these commands, as they are typed. */
export interface TokenFlags {
  format?: string;
  salt?: string;
  expiresIn?: number;
  maxAge?: number;
  algorithm?: string;
  compress?: boolean;
  secretFile?: readonly string[];
}

const DEFAULT_FORMAT = "timed-jws";

/** Prints the token of a JSON value. */
export async function dumpsToken(json: string | undefined, flags: TokenFlags): Promise<void> {
  const format = formatOf(flags);
  const settings = await settingsOf(flags);
  console.log(format.dumps(parseValue(await given(json)), settings));
}

/** Prints the value of a token, if it is good. */
export async function loadsToken(token: string | undefined, flags: TokenFlags): Promise<void> {
  const format = formatOf(flags);
  const settings = await settingsOf(flags);
  console.log(showValue(format.loads(await given(token), settings).value));
}

/** Prints the token under the newest secret, if it is good under one of them. */
export async function rotateToken(token: string | undefined, flags: TokenFlags): Promise<void> {
  const format = formatOf(flags);
  const settings = await settingsOf(flags);
  console.log(format.rotate(await given(token), settings));
}

/** Prints what can be seen in a token, and whether a secret that is there signed it. */
export async function inspectToken(token: string | undefined, flags: TokenFlags): Promise<void> {
  const format = flags.format === undefined ? undefined : formatOf(flags);
  const keys = await secrets(flags, false);
  for (const line of describeToken(await given(token), { ...flagSettings(flags), keys }, format)) console.log(line);
}

function formatOf({ format = DEFAULT_FORMAT }: TokenFlags): TokenFormat {
  const found = Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (found !== undefined) return found;
  const hint = hintFor(format, Object.keys(formats));
  throw new ConfigError([{ setting: "--format", problem: `there is no format "${format}". ${hint}` }]);
}

/** Asked for before standard input is read: nobody types a token only to hear that there is no secret. */
async function settingsOf(flags: TokenFlags): Promise<TokenSettings> {
  return { ...flagSettings(flags), keys: await secrets(flags, true) };
}

function flagSettings({ salt, expiresIn, maxAge, algorithm, compress }: TokenFlags): Omit<TokenSettings, "keys"> {
  return { salt, expiresIn, maxAge, compress, algorithm: algorithm as TokenSettings["algorithm"] };
}

/** The files' first lines, else the secret of the settings. */
async function secrets({ secretFile = [] }: TokenFlags, needed: boolean): Promise<string[]> {
  if (secretFile.length > 0) return secretFile.map(readSecret);
  const { secretKey = [] } = (await loadConfig()).config;
  const keys = typeof secretKey === "string" ? [secretKey] : secretKey.map((key) => Buffer.from(key).toString());
  if (keys.length > 0 || !needed) return keys;
  const problem =
    "it is not set. Set it in the environment or .env, or give --secret-file; a secret is never an argument";
  throw new ConfigError([{ setting: "SECRET_KEY", problem }]);
}

/** An editor ends a file with a line break that is no part of the secret. */
function readSecret(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw new ConfigError([{ setting: "--secret-file", problem: `it cannot be read: ${describeError(error)}` }]);
  }
}

/** What was given as an argument, else what comes in. */
async function given(argument: string | undefined): Promise<string> {
  return (argument === undefined || argument === "-" ? await text(process.stdin) : argument).trim();
}

function parseValue(json: string): unknown {
  try {
    return losslessJson.loads(json);
  } catch (error) {
    const problem = `it is not JSON: ${describeError(error)}. Write, for example, '{"confirm": 42}'`;
    throw new ConfigError([{ setting: "value", problem }]);
  }
}
