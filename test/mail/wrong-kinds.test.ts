/** Values of a wrong kind in every field, as JSON and programs without types have them: refused by name, never a TypeError. */
import { expect, test } from "vitest";
import {
  allowTo,
  alwaysTo,
  createMail,
  createMailers,
  defaultFields,
  EmailMessage,
  lintLog,
  memoryBackend,
  MessageError,
  type MessageFields,
  type Middleware,
} from "../../src/mail/index.ts";
import { MESSAGE_FIELDS } from "../../src/mail/message-fields.ts";

const LONG = { length: 2 ** 40 }; // whoever makes room for it takes the whole memory
const FUNCTION = (): string => "x";
const KINDS: readonly (readonly [name: string, value: unknown])[] = [
  ["null", null],
  ["a number", 1],
  ["NaN", Number.NaN],
  ["true", true],
  ["a bigint", 10n],
  ["a symbol", Symbol("x")],
  ["a function", FUNCTION],
  ["an empty object", {}],
  ["an object without a prototype", Object.create(null)],
  ["an object with toString", { toString: () => "ann@example.com\r\nBcc: eve@evil.example" }],
  ["an object with __proto__ from JSON", JSON.parse('{"__proto__":{"bcc":["eve@evil.example"]}}')],
  ["an object with a length", LONG],
  ["a Map", new Map()],
  ["a Uint16Array", new Uint16Array(4)],
  ["a date that is none", new Date(Number.NaN)],
  ["the name of a method", "constructor"],
  ["__proto__", "__proto__"],
  ["a list of null", [null]],
  ["a list of lists", [["ann@example.com", "bob@example.com"]]],
  ["a list of objects", [{}]],
  ["a list of numbers", [1]],
  ["content with a length", { content: LONG }],
  ["a list of contents with a length", [{ content: LONG, contentType: "text/plain" }]],
  ["a list with an encoding that is the name of a method", [{ content: "x", encoding: "constructor" }]],
  ["a list with an encoding that is __proto__", [{ content: "x", encoding: "__proto__" }]],
  ["a list of files with a list for a cid", [{ content: "x", cid: ["a"] }]],
  ["nothing to or from", { to: null, from: null }],
  ["an id that is null", { id: null }],
  ["an id without a name", { id: { name: null, id: "news.example.com" } }],
  ["a list with a hole to unsubscribe by", { unsubscribe: [null] }],
  ["an object to unsubscribe by", { unsubscribe: {} }],
  ["when to notify, as an object", { notify: { length: 1 } }],
];

/** What became of it: "sent", "nobody", or the code of the error. */
async function outcomeOf(
  build: () => MessageFields,
  maxMessageBytes?: number,
  middleware: readonly Middleware[] = [],
): Promise<string> {
  const mailers = createMailers({ default: memoryBackend() });
  const mail = createMail({ mailers, defaultFromEmail: "shop@example.com", maxMessageBytes, middleware });
  try {
    return (await mail.send(build())) === undefined ? "nobody" : "sent";
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    return error.code;
  }
}

const SOUND = { to: ["ann@example.com"], subject: "Hello", text: "World", html: "<p>World" };

test.each(MESSAGE_FIELDS)("%s of a wrong kind is refused by a MessageError, or stands for nothing", async (field) => {
  for (const [name, value] of KINDS) {
    const fields = { ...SOUND, [field]: value } as MessageFields;
    for (const build of [() => fields, () => new EmailMessage(fields)]) {
      for (const limit of [undefined, 100_000]) {
        await expect(outcomeOf(build, limit), `${field}: ${name}`).resolves.toMatch(
          /^(?:sent|nobody|WX_MESSAGE_[A-Z_]+)$/,
        );
      }
    }
  }
});

test.each<[string, Middleware]>([
  ["lintLog", lintLog()],
  ["allowTo", allowTo(["example.net"], { otherwise: "dev@example.com" })],
  ["alwaysTo", alwaysTo("dev@example.com")],
  [
    "defaultFields",
    defaultFields({ tags: ["a"], headers: { "X-A": "b" }, metadata: { a: "b" }, replyTo: ["a@example.com"] }),
  ],
])("%s leaves what is of a wrong kind to be refused by name", async (_, hook) => {
  for (const field of MESSAGE_FIELDS) {
    for (const [name, value] of [...KINDS, ["a text to", { to: "ann@example.com" }] as const]) {
      const fields = { ...SOUND, [field]: value } as MessageFields;
      await expect(
        outcomeOf(() => fields, undefined, [hook]),
        `${field}: ${name}`,
      ).resolves.toMatch(/^(?:sent|nobody|WX_MESSAGE_[A-Z_]+)$/);
    }
  }
});

const NESTED: Readonly<Record<string, readonly string[]>> = {
  attachments: [
    "filename",
    "content",
    "path",
    "encoding",
    "contentType",
    "contentDisposition",
    "cid",
    "headers",
    "raw",
  ],
  alternatives: ["content", "contentType", "encoding"],
  icalEvent: ["content", "method", "filename"],
  list: ["unsubscribe", "oneClick", "subscribe", "help", "post", "owner", "archive", "id"],
  envelope: ["from", "to"],
  dsn: ["notify", "return", "id"],
  headers: ["To", "X-A", "Date", "Message-ID", "List-Unsubscribe", "References"],
  metadata: ["a"],
  from: ["name", "address"],
};
const BESIDE: Readonly<Record<string, object>> = {
  attachments: { filename: "a.txt", content: "x" },
  alternatives: { content: "x", contentType: "text/csv" },
  icalEvent: { content: "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" },
  from: { name: "Ann", address: "ann@example.com" },
};

test.each(Object.keys(NESTED))("so is what is inside of %s", async (field) => {
  for (const inner of NESTED[field] ?? []) {
    for (const [name, value] of KINDS) {
      const one = { ...BESIDE[field], [inner]: value };
      const whole = ["attachments", "alternatives"].includes(field) ? [one] : one;
      const fields = { ...SOUND, [field]: whole } as MessageFields;
      await expect(
        outcomeOf(() => fields),
        `${field}.${inner}: ${name}`,
      ).resolves.toMatch(/^(?:sent|nobody|WX_MESSAGE_[A-Z_]+)$/);
    }
  }
});

test.each(["tags", "metadata", "dsn", "envelope", "headers", "list", "alternatives", "attachments", "icalEvent"])(
  "null for %s says that there is none",
  async (field) => {
    await expect(outcomeOf(() => ({ ...SOUND, [field]: null }) as MessageFields)).resolves.toBe("sent");
  },
);

test("a calendar is text or bytes, and no object that claims to be long", async () => {
  const icalEvent = { content: LONG } as unknown as MessageFields["icalEvent"];
  await expect(outcomeOf(() => ({ ...SOUND, icalEvent }))).resolves.toBe("WX_MESSAGE_VALUE");
});

test.each([Number.NaN, true, 1])("%s is no domain of a Message-ID", async (value) => {
  const messageIdDomain = value as unknown as string;
  await expect(outcomeOf(() => ({ ...SOUND, messageIdDomain }))).resolves.toBe("WX_MESSAGE_TYPE");
});
