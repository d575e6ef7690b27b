/** Django's tests of its backends: what all share, and those of dummy, locmem, file and console. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { ConfigError, createMailFromConfig, fromEnv, type MailerConfig } from "../../src/index.ts";
import {
  type Backend,
  consoleBackend,
  createMail,
  createMailers,
  dummyBackend,
  EmailMessage,
  fileBackend,
  type Mail,
  MailerError,
  memoryBackend,
  type OutboxEntry,
  smtpBackend,
} from "../../src/mail/index.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { countingServer } from "./counting-server.ts";

/** A backend of each kind, and how many messages it has got. */
type Kind = () => Promise<{ backend: Backend; count: () => number; end?: () => Promise<void> }>;

const SEPARATOR = /-{79}\n/;

const kinds: readonly [string, Kind][] = [
  ["dummy", async () => ({ backend: dummyBackend(), count: () => Number.NaN })],
  [
    "locmem",
    async () => {
      const backend = memoryBackend();
      return { backend, count: () => backend.outbox.length };
    },
  ],
  [
    "file",
    async () => {
      const path = tempFolder();
      return { backend: fileBackend({ path }), count: () => mailsIn(filesIn(path).join("")) };
    },
  ],
  [
    "console",
    async () => {
      const stream = new PassThrough({ encoding: "utf8" });
      let shown = "";
      stream.on("data", (text: string) => (shown += text));
      return { backend: consoleBackend({ stream }), count: () => mailsIn(shown) };
    },
  ],
  [
    "smtp",
    async () => {
      const server = await countingServer();
      const backend = smtpBackend({ host: "127.0.0.1", port: server.port });
      return { backend, count: () => server.messages.length, end: server.close };
    },
  ],
];

const filesIn = (folder: string): string[] =>
  readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
const mailsIn = (text: string): number => text.split(SEPARATOR).length - 1;
const mailThrough = (backend: Backend): Mail =>
  createMail({ mailers: createMailers({ default: backend }), defaultFromEmail: "from@example.com" });

test.each(kinds)(
  "BackendTests.test_send, BackendTests.test_send_unicode, BackendTests.test_send_many: %s takes one, any language, and several from a list or an iterator",
  async (name, make) => {
    const { backend, count, end } = await make();
    const mail = mailThrough(backend);
    const message = new EmailMessage("Chère maman", "Je t'aime très fort", "from@example.com", ["to@example.com"]);
    expect(await mail.send(message)).toMatchObject({ accepted: ["to@example.com"], rejected: [] });
    const mails = [1, 2].map((number) => [`S${number}`, "T", undefined, ["to@example.com"]] as const);
    expect(await mail.sendMassMail(mails)).toBe(2);
    expect(await mail.sendMassMail(mails.values())).toBe(2);
    await mail.mailers.close();
    if (name !== "dummy") expect(count()).toBe(5);
    await end?.();
  },
);

test.each(kinds)(
  "BackendTests.test_close_connection, BackendTests.test_use_as_context_manager: %s closes before it was used, twice, and with its mailers",
  async (_, make) => {
    const { backend, end } = await make();
    const mailers = createMailers({ default: backend });
    for (let time = 0; time < 2; time++) await expect(mailers.close()).resolves.toBeUndefined();
    await expect(mailers[Symbol.asyncDispose]()).resolves.toBeUndefined();
    await end?.();
  },
);

test("BackendTests.test_create_from_mailers, BackendTests.test_unknown_options, BackendTests.test_unknown_options_without_alias: made from options, and none is passed over", () => {
  const make = (mailer: object): unknown =>
    createMailFromConfig({ mailers: { custom: mailer as MailerConfig }, defaultFromEmail: "from@example.com" });
  for (const backend of ["dummy", "memory", "console"]) {
    expect(make({ backend })).toHaveProperty("sendMail");
    expect(() => make({ backend, foo: "bar" })).toThrow(/mailers\.custom\.foo/);
  }
  const unknown = { stream: new PassThrough(), foo: "bar" };
  expect(() => consoleBackend(unknown)).toThrow(MailerError);
  const misspelt = { path: tempFolder(), foo: "bar" };
  expect(() => fileBackend(misspelt)).toThrow(MailerError);
});

test("DummyBackendTests.test_returns_count: it says that everything went", async () => {
  const mail = mailThrough(dummyBackend());
  const mails = Array.from({ length: 5 }, () => ["S", "T", undefined, ["to@example.com"]] as const);
  expect(await mail.sendMassMail(mails)).toBe(5);
});

test("LocmemBackendTests.test_locmem_shared_messages, LocmemBackendTests.test_sent_using: several share one outbox, and each message says who sent it", async () => {
  const outbox: OutboxEntry[] = [];
  const named = (sentUsing: string): Backend => memoryBackend({ outbox, sentUsing });
  const mailers = createMailers({ default: named("default"), custom: named("custom") });
  const mail = createMail({ mailers, defaultFromEmail: "a@x.cn" });
  await mail.sendMail("S", "T", undefined, ["to@example.com"]);
  await mail.sendMail("S", "T", undefined, ["to@example.com"], { using: "custom" });
  expect(outbox.map(({ sentUsing }) => sentUsing)).toEqual(["default", "custom"]);
});

test("LocmemBackendTests.test_validate_multiline_headers: a header of several lines is refused here too", async () => {
  const backend = memoryBackend();
  const sending = mailThrough(backend).sendMail("Subject\nMultiline", "T", undefined, ["to@example.com"]);
  await expect(sending).rejects.toMatchObject({ code: "WX_MESSAGE_CONTROL_CHARACTER", field: "subject" });
  expect(backend.outbox).toEqual([]);
});

test("LocmemBackendTests.test_outbox_not_mutated_after_send: what is in the outbox stays as it was sent", async () => {
  const backend = memoryBackend();
  const message = new EmailMessage({ subject: "correct subject", to: ["to@example.com"] });
  const { envelope, bytes } = await mailThrough(backend).compose(message);
  await backend.send(envelope, bytes);
  bytes.fill(0);
  (envelope.to as string[]).push("other@example.com");
  expect(Buffer.from(backend.outbox[0]?.bytes ?? []).toString()).toContain("correct subject");
  expect(backend.outbox[0]?.envelope.to).toEqual(["to@example.com"]);
});

test("FileBackendTests.test_file_path_setting, FileBackendTests.test_file_path_override: the folder of EMAIL_FILE_PATH, or of the option", async () => {
  const [setting, option] = [tempFolder(), tempFolder()];
  const { mailers = {} } = fromEnv({ EMAIL_BACKEND: "file", EMAIL_FILE_PATH: setting });
  const mail = createMailFromConfig({ mailers, defaultFromEmail: "from@example.com" });
  await mail.sendMail("S", "T", undefined, ["to@example.com"]);
  const connection = mail.getConnection("file", { path: option });
  await mail.sendMail("S", "T", undefined, ["to@example.com"], { connection });
  expect([setting, option].map((folder) => mailsIn(filesIn(folder).join("")))).toEqual([1, 1]);
});

test("FileBackendTests.test_file_path_missing, FileBackendTests.test_file_path_option_required: without a folder there is no such backend", () => {
  const mailers = { default: { backend: "file" } as unknown as MailerConfig };
  expect(() => createMailFromConfig({ mailers, defaultFromEmail: "from@example.com" })).toThrow(ConfigError);
  expect(() => fileBackend({} as { path: string })).toThrow(/path/);
});

test("FileBackendTests.test_settings_ignored_with_alias: a named mailer does not borrow the folder of the default one", () => {
  const { mailers = {} } = fromEnv({ EMAIL_BACKEND: "file", EMAIL_FILE_PATH: tempFolder() });
  const custom = { backend: "file" } as unknown as MailerConfig;
  const make = (): unknown => createMailFromConfig({ mailers: { ...mailers, custom }, defaultFromEmail: "a@x.cn" });
  expect(make).toThrow(/^mailers\.custom\.path: it is missing/);
});

test("FileBackendTests.test_not_a_directory, FileBackendTests.test_cannot_be_created: a folder that is none, or cannot be made, is refused at once", () => {
  const file = join(tempFolder(), "file");
  writeFileSync(file, "");
  expect(() => fileBackend({ path: file })).toThrow(/is not a folder/);
  expect(() => fileBackend({ path: join(file, "below") })).toThrow(/cannot be made/);
});

test.skipIf(process.getuid?.() === 0 || process.platform === "win32")(
  "FileBackendTests.test_not_writable: a folder that this user cannot write to is refused at once",
  () => {
    const path = tempFolder();
    chmodSync(path, 0o500);
    expect(() => fileBackend({ path })).toThrow(/cannot be written to/);
  },
);

test("FileBackendTests.test_new_file_per_instance, FileBackendTests.test_same_file_while_open, FileBackendTests.test_same_file_after_reopen: one file for each backend, after it was closed too", async () => {
  const path = tempFolder();
  const [first, second] = [fileBackend({ path }), fileBackend({ path })];
  const send = (backend: Backend): Promise<number> =>
    mailThrough(backend).sendMail("S", "T", undefined, ["to@example.com"]);
  await send(first);
  await send(first);
  await first.close?.();
  await send(first);
  await send(second);
  expect(filesIn(path).map(mailsIn).toSorted()).toEqual([1, 3]);
  for (const name of readdirSync(path)) expect(name).toMatch(/^\d{8}-\d{6}-[0-9a-f]+\.log$/);
});

test("ConsoleBackendTests.test_console_stream_kwarg: it prints where it is told to, one separator after each message", async () => {
  const stream = new PassThrough({ encoding: "utf8" });
  await mailThrough(consoleBackend({ stream })).sendMail("Subject", "Content", "from@example.com", ["to@example.com"]);
  const shown = String(stream.read());
  expect(shown).toContain("Subject: Subject\n");
  expect(shown).toContain("From: from@example.com\nTo: to@example.com\n");
  expect(shown).toMatch(/\nContent\n/);
  expect(mailsIn(shown)).toBe(1);
});
