/** Django's tests of send_mail, send_mass_mail, mail_admins, mail_managers and get_connection. */
import { once } from "node:events";
import { expect, test } from "vitest";
import { type ConfigProblem, createMailFromConfig, defineConfig, type MailerConfig } from "../../src/index.ts";
import {
  type Backend,
  DeliveryError,
  type Mail,
  type MailOptions,
  type MassMail,
  MessageError,
} from "../../src/mail/index.ts";
import { listenMailbox } from "../../src/testing/index.ts";
import { countingServer } from "./counting-server.ts";
import { headerValues, partsOf, refusal, setUp, structureOf } from "./support.ts";

const one: MassMail = ["Subject", "Content", "from@example.com", ["to@example.com"]];
const wrongOption = { code: "WX_MESSAGE_OPTION", field: "options" };
const auth = { authUser: "user", authPassword: "password" };

/** What was handed to whoever makes connections, and whether what was made was closed. */
interface Made {
  kind: string | undefined;
  options: Readonly<Record<string, unknown>>;
  sent: number;
  closed: boolean;
}

/** A mail whose connections are noted down. */
function noting(options: Partial<MailOptions> = {}): { mail: Mail; made: Made[] } {
  const made: Made[] = [];
  const connect = (kind: string | undefined, given: Readonly<Record<string, unknown>>): Backend => {
    const note: Made = { kind, options: given, sent: 0, closed: false };
    made.push(note);
    return {
      send: async ({ to }) => {
        note.sent++;
        return { server: "noted", accepted: [...to], rejected: [], response: "" };
      },
      close: async () => void (note.closed = true),
    };
  };
  return { mail: setUp({ connect, ...options }).mail, made };
}

/** A mail whose default mailer always fails. */
function failing(): Mail {
  const send = (): Promise<never> =>
    Promise.reject(new DeliveryError("down", { retryable: true, outcome: "not-sent" }));
  const { mailers } = setUp().mail;
  return setUp({ mailers: { ...mailers, get: () => ({ send }) } }).mail;
}

test("SendMailTests.test_sends_using_default_mailer, SendMailTests.test_plaintext_send_mail: one part of text, through the default mailer", async () => {
  const { mail, memory, custom } = setUp();
  expect(await mail.sendMail(...one)).toBe(1);
  const raw = Buffer.from(memory.outbox[0]?.bytes ?? []).toString("latin1");
  expect(headerValues(raw, "Subject")).toEqual(["Subject"]);
  expect(headerValues(raw, "From")).toEqual(["from@example.com"]);
  expect(structureOf(raw)).toBe("text/plain");
  expect(partsOf(raw)[0]?.content.toString().trimEnd()).toBe("Content");
  expect(custom.outbox).toHaveLength(0);
});

test("SendMailTests.test_html_send_mail: text, then HTML", async () => {
  const { mail, memory } = setUp();
  await mail.sendMail(...one, { htmlMessage: "HTML Content" });
  const raw = Buffer.from(memory.outbox[0]?.bytes ?? []).toString("latin1");
  expect(structureOf(raw)).toBe("alternative[text/plain, text/html]");
  expect(partsOf(raw).map(({ content }) => content.toString().trimEnd())).toEqual(["Content", "HTML Content"]);
});

test("SendMailTests.test_returns_count_of_messages_sent: 1 for any number of recipients, 0 for none", async () => {
  const { mail } = setUp();
  const count = (to: string[]): Promise<number> => mail.sendMail("S", "T", "from@example.com", to);
  expect(await count(["a@x.cn"])).toBe(1);
  expect(await count(["a@x.cn", "b@x.cn"])).toBe(1);
  expect(await count([])).toBe(0);
  expect(await count([""])).toBe(0);
});

test("SendMailTests.test_idn_addresses: domains outside ASCII in every place", async () => {
  const { mail, memory } = setUp();
  expect(await mail.sendMail("S", "T", "from@öäü.com", ["to@öäü.com"])).toBe(1);
  expect(memory.outbox[0]?.envelope).toEqual({ from: "from@xn--4ca9at.com", to: ["to@xn--4ca9at.com"] });
});

test("SendMailTests.test_using_arg, SendMassMailTests.test_using_arg, MailAdminsAndManagersTests.test_using_arg: using names the mailer", async () => {
  const { mail, memory, custom } = setUp({ admins: ["a@x.cn"], managers: ["m@x.cn"] });
  await mail.sendMail(...one, { using: "custom" });
  await mail.sendMassMail([one, one], { using: "custom" });
  await mail.mailAdmins("S", "T", { using: "custom" });
  await mail.mailManagers("S", "T", { using: "custom" });
  expect([memory.outbox.length, custom.outbox.length]).toEqual([0, 5]);
  await expect(mail.sendMail(...one, { using: "unknown" })).rejects.toMatchObject({ code: "WX_MAILER_UNKNOWN" });
});

test("SendMailTests.test_connection_arg, SendMassMailTests.test_connection_arg, MailAdminsAndManagersTests.test_connection_arg: a connection that is given is used", async () => {
  const { mail, memory, custom: connection } = setUp({ admins: ["a@x.cn"], managers: ["m@x.cn"] });
  await mail.sendMail(...one, { connection });
  await mail.sendMassMail([one, one], { connection });
  await mail.mailAdmins("S", "T", { connection });
  await mail.mailManagers("S", "T", { connection });
  expect([memory.outbox.length, connection.outbox.length]).toEqual([0, 5]);
});

test("SendMailTests.test_auth_passed_to_backend_init, SendMassMailTests.test_auth_passed_to_backend_init: user and password make one connection, which is closed", async () => {
  const { mail, made } = noting();
  await mail.sendMail(...one, auth);
  await mail.sendMassMail([one, one, one], auth);
  const options = { user: "user", password: "password" };
  expect(made).toEqual([
    { kind: undefined, options, sent: 1, closed: true },
    { kind: undefined, options, sent: 3, closed: true },
  ]);
  expect(await refusal(() => mail.sendMail(...one, { authUser: "user" }))).toEqual(wrongOption);
  await expect(setUp().mail.sendMail(...one, auth)).rejects.toMatchObject({ code: "WX_MAILER_CONNECT" });
});

test("SendMailTests.test_fail_silently_passed_to_backend_init, SendMassMailTests.test_fail_silently_passed_to_backend_init, MailAdminsAndManagersTests.test_fail_silently_passed_to_backend_init: failed deliveries are passed over", async () => {
  const { mailers } = failing();
  const { mail } = setUp({ mailers, admins: ["a@x.cn"], managers: ["m@x.cn"] });
  const failSilently = true;
  expect(await mail.sendMail(...one, { failSilently })).toBe(0);
  expect(await mail.sendMassMail([one, one], { failSilently })).toBe(0);
  expect(await mail.mailAdmins("S", "T", { failSilently })).toBe(0);
  expect(await mail.mailManagers("S", "T", { failSilently })).toBe(0);
  await expect(mail.mailManagers("S", "T")).rejects.toThrow(DeliveryError);
});

test("SendMailTests.test_fail_silently_conflict, SendMailTests.test_auth_conflict, SendMailTests.test_using_connection_conflict, SendMailTests.test_using_fail_silently_conflict, SendMailTests.test_using_auth_conflict: contradictions are refused, and nothing is sent", async () => {
  const { mail, memory, custom: connection } = setUp();
  for (const options of conflicts(connection)) {
    expect(await refusal(() => mail.sendMail(...one, options))).toEqual(wrongOption);
  }
  expect([memory.outbox.length, connection.outbox.length]).toEqual([0, 0]);
});

test("SendMassMailTests.test_fail_silently_conflict, SendMassMailTests.test_auth_conflict, SendMassMailTests.test_using_connection_conflict, SendMassMailTests.test_using_fail_silently_conflict, SendMassMailTests.test_using_auth_conflict: contradictions are refused, and nothing is sent", async () => {
  const { mail, memory, custom: connection } = setUp();
  for (const options of conflicts(connection)) {
    expect(await refusal(() => mail.sendMassMail([one], options))).toEqual(wrongOption);
  }
  expect([memory.outbox.length, connection.outbox.length]).toEqual([0, 0]);
});

test("MailAdminsAndManagersTests.test_fail_silently_conflict, MailAdminsAndManagersTests.test_using_connection_conflict, MailAdminsAndManagersTests.test_using_fail_silently_conflict: contradictions are refused, and nothing is sent", async () => {
  const { mail, memory, custom: connection } = setUp({ admins: ["a@x.cn"], managers: ["m@x.cn"] });
  for (const options of conflicts(connection)) {
    expect(await refusal(() => mail.mailAdmins("S", "T", options))).toEqual(wrongOption);
    expect(await refusal(() => mail.mailManagers("S", "T", options))).toEqual(wrongOption);
  }
  expect([memory.outbox.length, connection.outbox.length]).toEqual([0, 0]);
});

function conflicts(connection: Backend): object[] {
  const using = "custom";
  const failSilently = true;
  return [
    { connection, failSilently },
    { connection, ...auth },
    { using, connection },
    { using, failSilently },
    { using, ...auth },
  ];
}

test("SendMassMailTests.test_send_mass_mail, SendMassMailTests.test_sends_using_default_mailer: each message with its own people, all over one connection", async () => {
  await using server = await countingServer();
  const mail = fromConfig({ backend: "smtp", host: "127.0.0.1", port: server.port });
  const sent = await mail.sendMassMail([
    ["Subject1", "Content1", "from1@example.com", ["to1@example.com"]],
    ["Subject2", "Content2", "from2@example.com", ["to2@example.com", "to3@example.com"]],
    ["nobody", "", undefined, []],
    ...Array.from({ length: 20 }, (): MassMail => one),
  ]);
  await mail.mailers.close();
  expect(sent).toBe(22);
  expect(server.envelopes.slice(0, 3)).toEqual([
    "from1@example.com: to1@example.com",
    "from2@example.com: to2@example.com, to3@example.com",
    "from@example.com: to@example.com",
  ]);
  expect(server.connections()).toBe(1);
});

test("MailAdminsAndManagersTests.test_mail_admins_and_managers, MailAdminsAndManagersTests.test_sends_using_default_mailer: from the server's address to each of the list", async () => {
  const { mail, memory } = setUp({
    serverEmail: "Server <server@x.cn>",
    admins: ["nobody@example.com", "Ann, the admin <ann@example.com>".replace("Ann, the admin", '"Ann, the admin"')],
    managers: [{ name: "Bob", address: "bob@example.com" }],
  });
  expect(await mail.mailAdmins("hi", "there")).toBe(1);
  expect(await mail.mailManagers("hi", "there")).toBe(1);
  const raws = memory.outbox.map(({ bytes }) => Buffer.from(bytes).toString("latin1"));
  expect(raws.map((raw) => headerValues(raw, "To")[0])).toEqual([
    'nobody@example.com, "Ann, the admin" <ann@example.com>',
    "Bob <bob@example.com>",
  ]);
  expect(raws.map((raw) => headerValues(raw, "From")[0])).toEqual(Array(2).fill("Server <server@x.cn>"));
});

test("MailAdminsAndManagersTests.test_html_mail_managers, MailAdminsAndManagersTests.test_html_mail_admins: with HTML beside the text", async () => {
  const { mail, memory } = setUp({ admins: ["a@x.cn"], managers: ["m@x.cn"] });
  await mail.mailManagers("Subject", "Content", { htmlMessage: "HTML Content" });
  await mail.mailAdmins("Subject", "Content", { htmlMessage: "HTML Content" });
  const structures = memory.outbox.map(({ bytes }) => structureOf(Buffer.from(bytes).toString("latin1")));
  expect(structures).toEqual(Array(2).fill("alternative[text/plain, text/html]"));
});

test("MailAdminsAndManagersTests.test_manager_and_admin_mail_prefix: the prefix stands before the subject", async () => {
  const subjectOf = async (options: Partial<MailOptions>): Promise<string[]> => {
    const { mail, memory } = setUp({ admins: ["a@x.cn"], managers: ["m@x.cn"], ...options });
    await mail.mailAdmins("Subject", "Content");
    await mail.mailManagers("Subject", "Content");
    return memory.outbox.map(({ bytes }) => headerValues(Buffer.from(bytes).toString("latin1"), "Subject")[0] ?? "");
  };
  expect(await subjectOf({})).toEqual(Array(2).fill("[Waxseal] Subject"));
  expect(await subjectOf({ subjectPrefix: "[Shop] " })).toEqual(Array(2).fill("[Shop] Subject"));
  expect(await subjectOf({ subjectPrefix: "" })).toEqual(Array(2).fill("Subject"));
});

test("MailAdminsAndManagersTests.test_empty_admins: with nobody in the list nothing is sent, and no mailer is asked for", async () => {
  const { mail } = setUp({ admins: [] });
  expect(await mail.mailAdmins("hi", "there", { using: "unknown" })).toBe(0);
  expect(await mail.mailManagers("hi", "there", { using: "unknown" })).toBe(0);
});

test("MailAdminsAndManagersTests.test_wrong_admins_managers, MailAdminsAndManagersTests.test_deprecated_admins_managers_tuples: what is no list of mailboxes is refused at the start", () => {
  const wrong = [
    "test@example.com",
    [["nobody", "nobody@example.com"]],
    [null, 5],
    ["test"],
    [["a", "b", "c"]],
    { a: "b@x.cn" },
  ];
  for (const setting of ["admins", "managers"]) {
    for (const value of wrong) {
      const problems = problemsOf(() => defineConfig({ [setting]: value }));
      expect(
        problems.map((problem) => problem.setting),
        JSON.stringify(value),
      ).toEqual([setting]);
      expect(() => setUp({ [setting]: value }), JSON.stringify(value)).toThrow(MessageError);
    }
  }
});

function problemsOf(work: () => unknown): readonly ConfigProblem[] {
  try {
    work();
  } catch (error) {
    return (error as { problems: readonly ConfigProblem[] }).problems;
  }
  return [];
}

const fromConfig = (mailer: MailerConfig): Mail =>
  createMailFromConfig({ mailers: { default: mailer }, defaultFromEmail: "webmaster@example.com" });

test("GetConnectionTests.test_deprecated, GetConnectionTests.test_uses_email_backend_setting: a connection of the default mailer's kind, with a warning", async () => {
  const warned = once(process, "warning");
  const connection = fromConfig({ backend: "memory" }).getConnection();
  expect(await warned).toMatchObject([{ name: "DeprecationWarning", code: "WX_DEPRECATED_GET_CONNECTION" }]);
  const { mail } = setUp();
  await mail.sendMail(...one, { connection });
  expect((connection as { outbox?: unknown[] }).outbox).toHaveLength(1);
});

test("GetConnectionTests.test_backend_kwargs, GetConnectionTests.test_mailers_options_merged: options win over the mailer's, which stay as they were", async () => {
  await using mailbox = await listenMailbox();
  const config = { backend: "smtp" as const, host: "nowhere.invalid", port: mailbox.port };
  const before = structuredClone(config);
  const connection = fromConfig(config).getConnection(undefined, { host: mailbox.host });
  await setUp().mail.sendMail(...one, { connection });
  await connection.close?.();
  expect(await mailbox.mails()).toHaveLength(1);
  expect(config).toEqual(before);
});

test("GetConnectionTests.test_backend_arg: a kind by its short name or Django's", async () => {
  const mail = fromConfig({ backend: "smtp", host: "nowhere.invalid" });
  for (const kind of ["memory", "dummy", "console", "django.core.mail.backends.locmem.EmailBackend"]) {
    expect(mail.getConnection(kind)).toHaveProperty("send");
  }
  expect(() => mail.getConnection("foo.bar.EmailBackend")).toThrow(/^backend: it is "foo\.bar\.EmailBackend"/);
});

test("GetConnectionTests.test_constructor_error_surfaces, GetConnectionTests.test_arbitrary_keyword: what the backend does not take is refused", () => {
  const mail = fromConfig({ backend: "memory" });
  expect(() => mail.getConnection("file")).toThrow(/mailers\.connection\.path: it is missing/);
  expect(() => mail.getConnection("memory", { foo: 1 })).toThrow(/mailers\.connection\.foo: there is no such option/);
});

test("GetConnectionTests.test_custom_backend, GetConnectionTests.test_no_default_mailer: a mailer of one's own, or none, cannot be made anew", () => {
  const own = fromConfig({ send: () => Promise.reject(new Error("unused")) });
  const none = createMailFromConfig({ mailers: {}, defaultFromEmail: "a@x.cn" });
  for (const mail of [own, none]) {
    expect(() => mail.getConnection()).toThrow(/is not described by options/);
    expect(mail.getConnection("memory")).toHaveProperty("outbox");
  }
});
