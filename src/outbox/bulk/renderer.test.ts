import { expect, onTestFinished, test } from "vitest";
import { rsaKey } from "../../../test/support/dkim-keys.ts";
import { fixedClock } from "../../../test/support/fixed-clock.ts";
import { eachDatabase } from "../../../test/support/postgres.ts";
import type { Database } from "../../db/index.ts";
import { type Backend, createMail, createMailers, type Envelope, type Mail, memoryBackend } from "../../mail/index.ts";
import type { Outbox, OutboxOptions } from "../api.ts";
import { createOutbox } from "../outbox.ts";
import { createBulk } from "./bulk.ts";
import type { BulkEntry } from "./entry.ts";
import { createBulkRenderer, type UnsubscribeLink } from "./renderer.ts";
import type { Template } from "./template.ts";
import type { Bulk } from "./types.ts";

const privateKey = rsaKey();
const template: Template = {
  subject: "Hello {{ name }}",
  text: "Dear {{ name }}, it is {{ 'now' | date: '%s' }}",
  html: "<p>Dear {{ name }}</p>",
  attachments: [{ filename: "terms.txt", content: Uint8Array.of(0, 1, 2) }],
};

/** What composes as one process would: with a clock and a random source of its own. */
function mailAt(time: number): Mail {
  return createMail({
    mailers: createMailers({ default: memoryBackend() }),
    defaultFromEmail: "Shop <shop@x.cn>",
    clock: fixedClock(time),
    dkim: { domain: "x.cn", selector: "s", privateKey },
  });
}

interface Sent {
  envelope: Envelope;
  text: string;
}

interface House {
  bulk: Bulk;
  outbox: Outbox;
  sent: Sent[];
}

function houseOn(
  database: Database,
  send: (sent: Sent, count: number) => Promise<void> | void = () => {},
  { unsubscribeLink, ...options }: Partial<OutboxOptions> & { unsubscribeLink?: UnsubscribeLink } = {},
): House {
  const mail = mailAt(Date.now());
  const sent: Sent[] = [];
  const backend: Backend = {
    send: async (envelope, bytes) => {
      const one = { envelope, text: Buffer.from(bytes).toString("latin1") };
      sent.push(one);
      await send(one, sent.length);
      return { server: "mx:25", accepted: [...envelope.to], rejected: [], response: "250 ok" };
    },
  };
  const rendering = { compose: mail.compose, unsubscribeLink };
  const outbox = createOutbox({
    database,
    mailer: () => backend,
    renderer: createBulkRenderer(rendering),
    pollMs: 20,
    ...options,
  });
  onTestFinished(() => outbox.stop());
  return { bulk: createBulk({ database, ...rendering }), outbox, sent };
}

function* people(count: number): Generator<BulkEntry> {
  for (let n = 0; n < count; n++) yield { to: `P${n} <p${n}@x.cn>`, variables: { name: `P${n}` } };
}

eachDatabase((open) => {
  test("each recipient gets a mail of their own, signed, with the Message-ID of its row", async () => {
    const database = await open();
    const { bulk, outbox, sent } = houseOn(database);
    await bulk.sendMany(template, people(3), { name: "news" });
    await outbox.flush();
    expect(await bulk.progress("news")).toMatchObject({ sent: 3, waiting: 0 });
    const one = sent.find(({ envelope }) => envelope.to[0] === "p1@x.cn");
    expect(one?.envelope.from).toBe("shop@x.cn");
    expect(one?.text).toContain("To: P1 <p1@x.cn>\r\n");
    expect(one?.text).toContain("Subject: Hello P1\r\n");
    expect(one?.text).toContain("DKIM-Signature:");
    expect(one?.text).toContain('filename="terms.txt"');
    const [row] = await outbox.list({ recipient: "p1@x.cn" });
    expect(one?.text).toContain(`Message-ID: ${row?.messageId}\r\n`);
  });

  test("every attempt has the same bytes, whoever makes it and whenever", async () => {
    const database = await open();
    await houseOn(database).bulk.sendMany(template, people(1), { name: "news" });
    const message = await database.kysely.selectFrom("outbox_messages").selectAll().executeTakeFirstOrThrow();
    const renderLater = (ms: number): Promise<Uint8Array> => {
      const { compose } = mailAt(Date.now() + ms);
      return createBulkRenderer({ compose }).render(database.kysely, message, "p0@x.cn");
    };
    const [first, second] = [await renderLater(0), await renderLater(86_400_000)];
    expect(Buffer.from(first).toString("latin1")).toBe(Buffer.from(second).toString("latin1"));
  });

  test("a message that cannot be rendered fails alone, and says why", async () => {
    const database = await open();
    const { bulk, outbox } = houseOn(database);
    await bulk.sendMany(template, people(3), { name: "news" });
    await database.kysely
      .updateTable("outbox_messages")
      .set({ variables: '{"variables":{}}' })
      .where("subject", "=", "Hello P1")
      .execute();
    await outbox.flush();
    expect(await bulk.progress("news")).toMatchObject({ sent: 2, failed: 1 });
    const [failed] = await outbox.list({ state: "failed" });
    expect(failed?.recipients[0]).toMatchObject({
      address: "p1@x.cn",
      detail: expect.stringContaining('subject.txt line 1: there is no variable "name"'),
    });
  });

  test("a stream's mail carries the recipient's own way out of it", async () => {
    const database = await open();
    const unsubscribeLink: UnsubscribeLink = ({ address, stream }) => `https://x.cn/leave/${stream}/${address}`;
    const { bulk, outbox, sent } = houseOn(database, undefined, { unsubscribeLink });
    const withLink = { ...template, text: "Leave: {{ unsubscribe_url }}" };
    await bulk.sendMany(withLink, people(1), { name: "news", stream: "news" });
    await outbox.flush();
    expect(sent[0]?.text).toContain("List-Unsubscribe: <https://x.cn/leave/news/p0@x.cn>\r\n");
    expect(sent[0]?.text).toContain("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
    expect(sent[0]?.text).toContain("Leave: https://x.cn/leave/news/p0@x.cn");
  });

  test("a bulk that is paused in the middle sends nothing more, and all of it after it goes on", async () => {
    const database = await open();
    let paused: Promise<unknown> | undefined;
    const { bulk, outbox, sent } = houseOn(
      database,
      (_, count) => {
        if (count === 10) paused = bulk.pause("news");
      },
      { concurrency: 2 },
    );
    await bulk.sendMany(template, people(100), { name: "news" });
    await outbox.flush();
    await paused;
    await outbox.flush();
    const seen = await bulk.progress("news");
    expect(seen?.sent).toBe(sent.length);
    expect(seen).toMatchObject({ state: "paused", waiting: 0, held: 100 - sent.length });
    expect(sent.length).toBeLessThan(100);
    await bulk.resume("news");
    await outbox.flush();
    expect(await bulk.progress("news")).toMatchObject({ sent: 100, held: 0 });
    expect(new Set(sent.map(({ envelope }) => envelope.to[0])).size).toBe(100);
    expect(sent).toHaveLength(100);
  });

  test("a message of a cancelled bulk that its marks have not reached is not sent", async () => {
    const database = await open();
    const { bulk, outbox, sent } = houseOn(database);
    await bulk.sendMany(template, people(5), { name: "news" });
    await database.kysely.updateTable("outbox_bulks").set({ state: "cancelled" }).execute();
    await outbox.flush();
    expect(sent).toEqual([]);
    expect(await bulk.progress("news")).toMatchObject({ cancelled: 5, waiting: 0 });
  });
});
