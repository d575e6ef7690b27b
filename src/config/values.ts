/** Reads the text of one environment variable as what it should be, or says what is wrong with it. */
import { describeError } from "../base/index.ts";
import { formatMailbox, parseMailboxText } from "../mail/index.ts";
import type { SettingKind } from "./settings.ts";
import type { BackendName } from "./types.ts";

/** A value, or what is wrong with the text. */
export type Reading = { value: string | number | boolean | readonly string[] } | { problem: string };

/** Django's class names, and the short ones. */
const backends: Readonly<Record<string, BackendName>> = {
  smtp: "smtp",
  console: "console",
  file: "file",
  memory: "memory",
  dummy: "dummy",
  resend: "resend",
  postmark: "postmark",
  sendgrid: "sendgrid",
  mailgun: "mailgun",
  ses: "ses",
  aliyun: "aliyun",
  tencent: "tencent",
  "django.core.mail.backends.smtp.EmailBackend": "smtp",
  "django.core.mail.backends.console.EmailBackend": "console",
  "django.core.mail.backends.filebased.EmailBackend": "file",
  "django.core.mail.backends.locmem.EmailBackend": "memory",
  "django.core.mail.backends.dummy.EmailBackend": "dummy",
};

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  "1": true,
  false: false,
  no: false,
  off: false,
  "0": false,
};

const got = (text: string): string => `it is ${JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)}`;

function number(text: string, min: number, max: number, what: string): Reading {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? { value } : { problem: `${got(text)}; it must be ${what}.` };
}

function wholeNumber(text: string, min: number, max: number, what: string): Reading {
  return text.includes(".") ? { problem: `${got(text)}; it must be ${what}.` } : number(text, min, max, what);
}

const readers: Readonly<Record<SettingKind, (text: string) => Reading>> = {
  text: (text) => ({ value: text }),
  secret: (text) => ({ value: text }),
  boolean: (text) => {
    const value = booleans[text.toLowerCase()];
    return value === undefined ? { problem: `${got(text)}; it must be true or false.` } : { value };
  },
  port: (text) => wholeNumber(text, 1, 65_535, "a port, 1 to 65535"),
  "own-port": (text) => wholeNumber(text, 0, 65_535, "a port, 1 to 65535 (0 for any free one)"),
  seconds: (text) => number(text, 0.001, 10 ** 9, "a number of seconds, such as 30"),
  count: (text) => wholeNumber(text, 1, 10 ** 6, "a whole number from 1 up"),
  bytes: (text) => wholeNumber(text, 1, Number.MAX_SAFE_INTEGER, "a number of bytes, such as 25000000"),
  mailboxes: (text) => readMailboxes(text),
  list: (text) => ({
    value: text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  }),
  backend: (text) => {
    const value = Object.hasOwn(backends, text) ? backends[text] : undefined;
    return value === undefined
      ? {
          problem: `${got(text)}; it must be smtp, console, file, memory, dummy, resend, postmark, sendgrid, mailgun, ses, aliyun or tencent, or Django's name for one, such as django.core.mail.backends.smtp.EmailBackend.`,
        }
      : { value };
  },
  level: (text) =>
    ["debug", "info", "warn", "error"].includes(text)
      ? { value: text }
      : { problem: `${got(text)}; it must be debug, info, warn or error.` },
};

/** A comma inside of quotes belongs to a name. */
function readMailboxes(text: string): Reading {
  try {
    return { value: parseMailboxText(text, "value").map((mailbox) => formatMailbox(mailbox)) };
  } catch (error) {
    return { problem: `${got(text)}; it must be addresses with commas between them. ${describeError(error)}` };
  }
}

/** Reads `text` as a value of a kind. */
export function readValue(kind: SettingKind, text: string): Reading {
  return readers[kind](text);
}
