/** From the configuration to what createMail is given beside its mailers: who signs, and the hooks. */
import { readFileSync } from "node:fs";
import { type Clock, describeError, type Logger } from "../base/index.ts";
import {
  allowTo,
  alwaysTo,
  createDkimSigner,
  type DkimKey,
  type DkimSigner,
  MailerError,
  type Middleware,
} from "../mail/index.ts";
import { ConfigError } from "./errors.ts";
import type { DkimConfig, MessageConfig, WaxsealConfig } from "./types.ts";

/** The part of a configuration that is about every mail. */
export type MailSettings = MessageConfig & Pick<WaxsealConfig, "dkim" | "middleware" | "alwaysTo" | "allowTo">;

/**
 * The signer of a configuration, its keys read.
 *
 * @throws ConfigError `WX_CONFIG` when a file cannot be read or a key cannot be used
 */
export function createSigner(
  { dkim }: MailSettings,
  context: { clock: Clock; logger: Logger },
): DkimSigner | undefined {
  if (dkim === undefined) return undefined;
  const keys = Array.isArray(dkim)
    ? dkim.map((key: DkimConfig, index) => withKey(key, `dkim[${index}]`))
    : withKey(dkim as DkimConfig, "dkim");
  try {
    return createDkimSigner(keys, context);
  } catch (cause) {
    if (!(cause instanceof MailerError)) throw cause;
    const { setting, message } = cause;
    throw new ConfigError([{ setting, problem: `it ${message.slice(setting.length + 1)}` }]);
  }
}

function withKey({ privateKeyFile, privateKey = "", ...options }: DkimConfig, path: string): DkimKey {
  if (privateKeyFile === undefined) return { ...options, privateKey };
  try {
    return { ...options, privateKey: readFileSync(privateKeyFile) };
  } catch (error) {
    const problem = `the file cannot be read: ${describeError(error)}.`;
    throw new ConfigError([{ setting: `${path}.privateKeyFile`, problem }]);
  }
}

/** The hooks of a configuration; who may get mail is decided last, whatever the others did. */
export function createMiddleware({ middleware = [], alwaysTo: always, allowTo: allowed }: MailSettings): Middleware[] {
  if (allowed !== undefined) return [...middleware, allowTo(allowed, { otherwise: always })];
  return always === undefined ? [...middleware] : [...middleware, alwaysTo(always)];
}
