/** Checks the part of a configuration that is about every mail: DKIM, hooks, and who may get mail. */
import { allowTo, alwaysTo, type MailboxList, MessageError, parseMailbox, parseMailboxes } from "../mail/index.ts";
import {
  type Check,
  checkShape,
  isBoolean,
  isCount,
  isOneOf,
  isPlainObject,
  isText,
  type Shape,
  show,
} from "./check.ts";
import type { ConfigProblem } from "./errors.ts";

/** What the function that will take the value says to it. */
function takenBy(take: (value: never) => unknown): Check {
  return (value) => {
    try {
      take(value as never);
      return undefined;
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      return `it is ${show(value)}. ${error.message}`;
    }
  };
}

/** The checks of the plain values; DKIM's keys are checked one by one, by `checkDkim`. */
export const mailShape: Shape = {
  serverEmail: takenBy((value: string) => parseMailbox(value)),
  admins: takenBy((value: MailboxList) => parseMailboxes(value, "admins")),
  managers: takenBy((value: MailboxList) => parseMailboxes(value, "managers")),
  // Empty for no prefix at all.
  subjectPrefix: (value) => (value === "" ? undefined : isText(value)),
  charset: isText,
  useLocalTime: isBoolean,
  attachmentRoot: isText,
  disableFileAccess: isBoolean,
  maxMessageBytes: isCount,
  alwaysTo: takenBy(alwaysTo),
  allowTo: takenBy(allowTo),
  middleware: (value) => (Array.isArray(value) ? undefined : `it is ${show(value)}; it must be a list.`),
  dkim: (value) => (isPlainObject(value) || Array.isArray(value) ? undefined : `it is ${show(value)}; ${aKey}.`),
};

const aKey = "it must be { domain, selector, privateKey or privateKeyFile }, or a list of these";

/** What is in the key may not be shown; reading it tells whether it is one. */
const isGiven: Check = (value) => (value === "" ? "it must be a text that is not empty." : undefined);
/** What DKIM itself checks, with better words. */
const isAnything: Check = () => undefined;

const dkimShape: Shape = {
  domain: isText,
  selector: isText,
  privateKey: isGiven,
  privateKeyFile: isText,
  headers: isAnything,
  oversign: isAnything,
  canonicalization: isOneOf("relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"),
  expirationSeconds: isCount,
};

/** Every problem of the DKIM keys. */
export function checkDkim(dkim: unknown, isWhole: boolean): ConfigProblem[] {
  if (Array.isArray(dkim)) return dkim.flatMap((key, index) => checkKey(key, `dkim[${index}]`, true));
  return isPlainObject(dkim) ? checkKey(dkim, "dkim", isWhole) : [];
}

/** @param isWhole False where the environment may still add what is missing. */
function checkKey(key: unknown, path: string, isWhole: boolean): ConfigProblem[] {
  const problems = checkShape(key, dkimShape, path);
  if (!isPlainObject(key)) return problems;
  const missing = (option: string, name: string): ConfigProblem => ({
    setting: `${path}.${option}`,
    problem: `it is missing. Set it, or ${name} in the environment.`,
  });
  const { domain, selector, privateKey, privateKeyFile } = key;
  if (privateKey !== undefined && privateKeyFile !== undefined)
    problems.push({ setting: `${path}.privateKeyFile`, problem: "privateKey is set too; set one of the two." });
  if (!isWhole) return problems;
  if (domain === undefined) problems.push(missing("domain", "WAXSEAL_DKIM_DOMAIN"));
  if (selector === undefined) problems.push(missing("selector", "WAXSEAL_DKIM_SELECTOR"));
  if (privateKey === undefined && privateKeyFile === undefined)
    problems.push(missing("privateKey", "WAXSEAL_DKIM_PRIVATE_KEY_FILE"));
  return problems;
}
