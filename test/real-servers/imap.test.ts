/** Reads bounces out of Dovecot's mailbox by IMAP. */
import { readFile } from "node:fs/promises";
import { ImapFlow } from "imapflow";
import { expect, onTestFinished, test } from "vitest";
import type { Logger } from "../../src/base/index.ts";
import type { Database } from "../../src/db/index.ts";
import { type Bounces, createBounces } from "../../src/outbox/bounces/bounces.ts";
import type { AfterReading } from "../../src/outbox/bounces/mailbox/mailbox-options.ts";
import { type MailboxWatch, watchBounceMailbox } from "../../src/outbox/bounces/mailbox/watch-mailbox.ts";
import { insertSent } from "../support/sent-message.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { testDatabase } from "../support/test-database.ts";
import { until } from "../support/until.ts";
import { dovecotUser } from "./configurations.ts";
import { type MailServer, startMailServer, whyNoServer } from "./mail-server.ts";

const problem = whyNoServer("dovecot-imap");
const why = problem === undefined ? "" : ` (${problem})`;
const LIMITS = { timeout: 60_000 };

interface Setting {
  server: MailServer;
  folder: string;
  database: Database;
  bounces: Bounces;
  logged: string[];
  watch(options?: { after?: AfterReading; sinceDays?: number; everySeconds?: number; password?: string }): MailboxWatch;
  append(name: string, when?: Date): Promise<void>;
  /** The mailbox' mails: each with its subject and flags. */
  mails(mailbox?: string): Promise<{ subject: string; seen: boolean }[]>;
}

async function setting(): Promise<Setting> {
  const folder = tempFolder();
  const server = await startMailServer("dovecot-imap", folder);
  onTestFinished(() => server.stop());
  const database = await testDatabase();
  await insertSent(database, ["ann@example.com"], { message_id: "<0190-orig@shop.example>" });
  const bounces = createBounces({ database });
  const logged: string[] = [];
  const logger: Logger = { log: (_level, event, fields) => void logged.push(`${event} ${JSON.stringify(fields)}`) };

  async function asUser<T>(work: (client: ImapFlow) => Promise<T>): Promise<T> {
    const auth = { user: dovecotUser.user, pass: dovecotUser.password };
    const client = new ImapFlow({
      host: "127.0.0.1",
      port: server.port,
      secure: false,
      doSTARTTLS: false,
      auth,
      logger: false,
    });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.logout();
    }
  }

  return {
    server,
    folder,
    database,
    bounces,
    logged,
    watch: (options = {}) => {
      const watch = watchBounceMailbox({
        bounces,
        database,
        host: "127.0.0.1",
        port: server.port,
        security: "none",
        ...dovecotUser,
        everySeconds: 0.2,
        logger,
        ...options,
      });
      onTestFinished(() => watch.stop());
      return watch;
    },
    append: (name, when = new Date()) =>
      asUser(async (client) => {
        const raw = await readFile(`test/vectors/bounces/${name}.eml`, "utf8");
        await client.append("INBOX", raw.replaceAll("\n", "\r\n"), [], when);
      }),
    mails: (mailbox = "INBOX") =>
      asUser(async (client) => {
        await client.mailboxOpen(mailbox, { readOnly: true });
        const all = await client.fetchAll("1:*", { envelope: true, flags: true });
        return all.map(({ envelope, flags }) => ({
          subject: envelope?.subject ?? "",
          seen: flags?.has(String.raw`\Seen`) ?? false,
        }));
      }),
  };
}

const recorded = (bounces: Bounces): Promise<unknown> => until(async () => (await bounces.list()).length > 0);

test.skipIf(problem !== undefined)(
  `a bounce in the mailbox is found, and nothing in it is changed${why}`,
  LIMITS,
  async () => {
    const { append, watch, bounces, mails, server } = await setting();
    await append("person-about-a-bounce");
    await append("auto-reply");
    await append("163-words");
    watch();
    await recorded(bounces);
    expect(await bounces.list()).toMatchObject([
      { address: "ann@example.com", kind: "hard-bounce", source: "imap:INBOX" },
    ]);
    expect((await mails()).map(({ seen }) => seen)).toEqual([false, false, false]);
    expect(await server.log(), "the client says who it is, as NetEase wants it").toMatch(/name=waxseal/);
  },
);

test.skipIf(problem !== undefined)(`one that comes later is found at once, by IDLE${why}`, LIMITS, async () => {
  const { append, watch, bounces, logged } = await setting();
  await append("auto-reply");
  watch({ everySeconds: 3600 });
  await until(() => logged.some((line) => line.startsWith("outbox.mailbox-read")));
  await append("postfix-failed");
  await recorded(bounces);
  expect(await bounces.list()).toMatchObject([{ kind: "hard-bounce" }]);
});

test.skipIf(problem !== undefined)(`after a restart, it goes on where it was${why}`, LIMITS, async () => {
  const { append, watch, bounces, logged } = await setting();
  await append("postfix-failed");
  const first = watch();
  await recorded(bounces);
  await first.stop();
  logged.length = 0;
  await append("yahoo-arf");
  const second = watch();
  await until(() => logged.some((line) => line.startsWith("outbox.mailbox-read")));
  await second.stop();
  expect(logged.filter((line) => line.startsWith("outbox.mailbox-read"))).toEqual([
    'outbox.mailbox-read {"mailbox":"INBOX","looked":1,"reports":1}',
  ]);
});

test.skipIf(problem !== undefined)(`mails of long ago are left alone${why}`, LIMITS, async () => {
  const { append, watch, bounces } = await setting();
  await append("qmail-words", new Date(Date.now() - 30 * 86_400_000));
  await append("postfix-delayed");
  watch();
  await recorded(bounces);
  expect(await bounces.list()).toMatchObject([{ kind: "delayed" }]);
});

test.skipIf(problem !== undefined).each<[AfterReading, { subject: string; seen: boolean }[]]>([
  ["seen", [{ subject: "Undelivered Mail Returned to Sender", seen: true }]],
  ["delete", []],
  [{ moveTo: "Bounces" }, []],
])(`what was a report on a message of ours is tidied up: %j${why}`, LIMITS, async (after, left) => {
  const { append, watch, bounces, mails, server } = await setting();
  const auth = { user: dovecotUser.user, pass: dovecotUser.password };
  const client = new ImapFlow({
    host: "127.0.0.1",
    port: server.port,
    secure: false,
    doSTARTTLS: false,
    auth,
    logger: false,
  });
  await client.connect();
  await client.mailboxCreate("Bounces");
  await client.logout();
  // Of the two, only one is about a message of ours.
  await append("person-about-a-bounce");
  await append("postfix-failed");
  const watching = watch({ after });
  await recorded(bounces);
  await until(async () => (await mails()).length === 1 + left.length && ((await mails())[1]?.seen ?? true));
  await watching.stop();
  expect((await mails()).slice(1)).toEqual(left);
  expect((await mails())[0]?.seen).toBe(false);
  const moved = typeof after === "object" ? ["Undelivered Mail Returned to Sender"] : [];
  expect((await mails("Bounces")).map(({ subject }) => subject)).toEqual(moved);
});

test.skipIf(problem !== undefined)(`a wrong password is said, and not tried again at once${why}`, LIMITS, async () => {
  const { watch, logged } = await setting();
  watch({ password: "wrong" });
  await until(() => logged.length > 0);
  expect(logged[0]).toMatch(/^outbox\.mailbox-refused .*"nextInSeconds":(?:2[4-9]\d|300).*authorization code/);
  expect(logged.join("")).not.toContain('wrong"');
});
