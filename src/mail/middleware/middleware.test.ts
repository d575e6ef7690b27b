import PostalMime from "postal-mime";
import { describe, expect, test } from "vitest";
import type { Backend } from "../backend.ts";
import { memoryBackend, type MemoryBackend } from "../backends/memory.ts";
import { DeliveryError } from "../errors.ts";
import type { Mail } from "../mail.ts";
import { createMailers } from "../mailers.ts";
import { EmailMessage } from "../message.ts";
import type { MessageFields } from "../message-fields.ts";
import { createMail } from "../send-mail.ts";
import { allowTo } from "./allow-to.ts";
import { alwaysTo } from "./always-to.ts";
import { defaultFields, defaultHeaders } from "./default-fields.ts";
import { deliveryReports } from "./delivery-reports.ts";
import { guardedBackend } from "./guarded-backend.ts";
import type { Delivery, Middleware } from "./middleware.ts";

const letter: MessageFields = { subject: "S", text: "T", to: ["ann@example.com"] };

function setUp(...middleware: Middleware[]): { mail: Mail; memory: MemoryBackend; events: unknown[][] } {
  const memory = memoryBackend();
  const events: unknown[][] = [];
  const broken: Backend = {
    send: () => Promise.reject(new DeliveryError("down", { retryable: true, outcome: "not-sent" })),
  };
  const logger = { log: (...event: unknown[]) => void events.push(event) };
  const mailers = createMailers({ default: memory, broken });
  return { memory, events, mail: createMail({ mailers, defaultFromEmail: "shop@example.com", middleware, logger }) };
}

/** The header of what was sent, unfolded, by its lower-case names. */
async function headersOf(memory: MemoryBackend): Promise<Record<string, string>> {
  const { headers } = await PostalMime.parse(memory.outbox.at(-1)?.bytes ?? "");
  return Object.fromEntries(headers.map(({ key, value }) => [key, value]));
}

const recipientsOf = (memory: MemoryBackend): (readonly string[])[] => memory.outbox.map(({ envelope }) => envelope.to);

describe("hooks", () => {
  test("before runs in order, sync or async, on send and on compose, and leaves the caller's message alone", async () => {
    const append =
      (text: string) =>
      (message: MessageFields): MessageFields => ({ ...message, subject: `${message.subject}${text}` });
    const { mail, memory } = setUp({ before: append("1") }, { before: async (message) => append("2")(message) }, {});
    const message = new EmailMessage({ ...letter });
    await mail.send(message);
    expect((await headersOf(memory))["subject"]).toBe("S12");
    expect((await mail.compose(message)).subject).toBe("S12");
    expect(message.subject).toBe("S");
  });

  test("what before throws refuses the message, and nothing is sent or reported", async () => {
    const seen: unknown[] = [];
    const refusing: Middleware = {
      before: () => {
        throw new Error("not on Sundays");
      },
    };
    const { mail, memory } = setUp(refusing, { after: (delivery) => void seen.push(delivery) });
    await expect(mail.send(letter)).rejects.toThrow("not on Sundays");
    await expect(mail.compose(letter)).rejects.toThrow("not on Sundays");
    expect([memory.outbox, seen]).toEqual([[], []]);
  });

  test("after sees the message as it was composed, with its receipt or its error", async () => {
    const seen: Delivery[] = [];
    const { mail, memory } = setUp(defaultHeaders({ "X-Tag": "1" }), { after: (delivery) => void seen.push(delivery) });
    await mail.send(letter);
    await expect(mail.send(letter, { using: "broken" })).rejects.toThrow(DeliveryError);
    expect(seen[0]).toMatchObject({
      message: { headers: { "X-Tag": "1" } },
      receipt: { accepted: ["ann@example.com"] },
    });
    expect(seen[0]?.messageId).toBe((await headersOf(memory))["message-id"]);
    expect(seen[1]).toMatchObject({ envelope: { to: ["ann@example.com"] }, error: expect.any(DeliveryError) });
    expect(seen).toHaveLength(2);
  });

  test("an after that fails is logged, and turns no mail into a failure", async () => {
    const { mail, memory, events } = setUp(
      { after: () => Promise.reject(new Error("no metrics")) },
      { after: () => void events.push(["second"]) },
    );
    expect(await mail.send(letter)).toMatchObject({ accepted: ["ann@example.com"] });
    expect(memory.outbox).toHaveLength(1);
    const messageId = expect.stringMatching(/^<.*>$/);
    expect(events).toEqual([["error", "mail.after-hook-failed", { messageId, error: "no metrics" }], ["second"]]);
  });

  test("a mail to nobody runs no hook", async () => {
    const { mail, events } = setUp({ before: () => void events.push(["before"]) });
    expect(await mail.send({ ...letter, to: [] })).toBeUndefined();
    expect(events).toEqual([]);
  });

  test("what is no middleware is refused by its place", () => {
    const make = (middleware: unknown) => () => setUp(...(middleware as Middleware[]));
    expect(make([{}, { befor: () => {} }])).toThrow("middleware[1].befor is not a hook. Did you mean before?");
    expect(make([{ after: 1 }])).toThrow("middleware[0].after is no function.");
    expect(make([alwaysTo])).toThrow("middleware[0] is no object with hooks.");
    class Counter {
      count = 0;
      after(): void {
        this.count++;
      }
    }
    expect(make([new Counter()])).not.toThrow();
  });

  test("reports of watched backends are begun but not waited for, and can be waited for", async () => {
    const { mail, memory } = setUp();
    const seen: Delivery[] = [];
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const reports = deliveryReports([{ after: async (delivery) => (await held, void seen.push(delivery)) }]);
    const { envelope, bytes, messageId } = await mail.compose(letter);
    await reports.watch(memory).send(envelope, bytes);
    await expect(reports.watch(mail.mailers.get("broken")).send(envelope, bytes)).rejects.toThrow("down");
    expect(seen).toEqual([]);
    release();
    await reports.settled();
    expect(seen).toMatchObject([
      { messageId, receipt: { accepted: ["ann@example.com"] } },
      { messageId, error: expect.any(DeliveryError) },
    ]);
    expect(deliveryReports([{ before: () => {} }]).watch(memory)).toBe(memory);
  });
});

describe("alwaysTo", () => {
  const adding: Middleware = { before: (message) => ({ ...message, bcc: ["late@customer.example"] }) };

  test("nobody else gets the mail, and the header says who it was for", async () => {
    const { mail, memory } = setUp(alwaysTo(["dev@example.org", "Qa <qa@example.org>"]), adding);
    await mail.send({
      ...letter,
      to: ["陳 <ann@example.com>", '"Doe, J" <doe@例子.中国>'],
      cc: ["cc@example.com"],
      bcc: ["bcc@example.com"],
      envelope: { from: "bounce@example.com", to: ["really@example.com"] },
      headers: { To: "shown@example.com", CC: "shown@example.com", "X-Tag": "1" },
    });
    expect(recipientsOf(memory)).toEqual([["dev@example.org", "qa@example.org"]]);
    const headers = await headersOf(memory);
    expect(headers).toMatchObject({ to: "dev@example.org, Qa <qa@example.org>", "x-tag": "1" });
    expect(headers).not.toHaveProperty("cc");
    const { headers: parsed } = await PostalMime.parse(memory.outbox[0]?.bytes ?? "");
    expect(parsed.map(({ key }) => key)).toEqual(
      expect.arrayContaining(["x-original-to", "x-original-cc", "x-original-bcc"]),
    );
    expect(headers["x-original-cc"]).toBe("cc@example.com");
    expect(headers["x-original-bcc"]).toBe("bcc@example.com");
  });

  test("it holds for sendMail, mailAdmins and compose, and a mail to nobody stays one", async () => {
    const memory = memoryBackend();
    const mail = createMail({
      mailers: createMailers({ default: memory }),
      defaultFromEmail: "shop@example.com",
      admins: ["admin@example.com"],
      middleware: [alwaysTo("dev@example.org")],
    });
    expect(await mail.sendMail("S", "T", undefined, ["ann@example.com"])).toBe(1);
    expect(await mail.mailAdmins("S", "T")).toBe(1);
    expect(await mail.sendMail("S", "T", undefined, [])).toBe(0);
    expect(recipientsOf(memory)).toEqual([["dev@example.org"], ["dev@example.org"]]);
    expect((await mail.compose(letter)).envelope.to).toEqual(["dev@example.org"]);
  });

  test("an envelope of the message's own is replaced, and no header shows whom it was for", async () => {
    const { before } = alwaysTo("dev@example.org");
    const context = { logger: { log: () => {} } };
    const message = { envelope: { to: ["real@example.com"] }, headers: { to: "real@example.com", "X-Tag": "1" } };
    expect(before?.(message, context)).toEqual({
      to: [{ name: "", address: "dev@example.org" }],
      cc: [],
      bcc: [],
      envelope: { to: ["dev@example.org"] },
      headers: { "X-Tag": "1" },
    });
  });

  test("it needs somebody", () => {
    expect(() => alwaysTo([])).toThrow("alwaysTo names nobody.");
    expect(() => alwaysTo("dev")).toThrow(/^alwaysTo: "dev" has no @/);
  });
});

describe("allowTo", () => {
  const all: MessageFields = {
    ...letter,
    to: ["Ann <Ann@Example.com>", "eve@customer.example"],
    cc: ["bob@sub.example.com"],
    bcc: ['"x@example.com"@customer.example'],
  };

  test.each([
    [["example.com"], ["Ann@Example.com"]],
    [["@example.com"], ["Ann@Example.com"]],
    [["*.example.com"], ["bob@sub.example.com"]],
    [["ann@example.com"], ["Ann@Example.com"]],
    [["ample.com", "sub.example.co"], []],
    [
      [/^(ann|bob)@/g, /^nobody$/y],
      ["Ann@Example.com", "bob@sub.example.com"],
    ],
    [
      ["example.com", "*.example.com", "customer.example"],
      ["Ann@Example.com", "eve@customer.example", "bob@sub.example.com", '"x@example.com"@customer.example'],
    ],
  ])("%j lets through %j", async (allowed, expected) => {
    const { mail, memory } = setUp(allowTo(allowed));
    const receipt = await mail.send(all);
    const sent = recipientsOf(memory)[0] ?? [];
    expect(sent.map((address) => address.toLowerCase())).toEqual(expected.map((address) => address.toLowerCase()));
    expect(receipt === undefined).toBe(expected.length === 0);
  });

  test("who is left out is logged, and stands in no visible header", async () => {
    const { mail, memory, events } = setUp(allowTo(["example.com", "*.example.com"]));
    await mail.send(all);
    const recipients = ["eve@customer.example", '"x@example.com"@customer.example'];
    expect(events).toEqual([["warn", "mail.not-allowed", { recipients, redirected: false }]]);
    const headers = await headersOf(memory);
    expect([headers["to"]?.toLowerCase(), headers["x-original-to"]]).toEqual([
      "ann <ann@example.com>",
      "eve@customer.example",
    ]);
    await mail.send(letter);
    expect(await headersOf(memory)).not.toHaveProperty("x-original-to");
  });

  test("where nobody is left, send answers with nothing and compose refuses", async () => {
    const { mail, memory } = setUp(allowTo(["example.org"]));
    expect(await mail.send(letter)).toBeUndefined();
    await expect(mail.compose(letter)).rejects.toMatchObject({ code: "WX_MESSAGE_NO_RECIPIENT" });
    expect(memory.outbox).toEqual([]);
  });

  test("refuse throws, and a redirect takes the place of those left out", async () => {
    const refusing = setUp(allowTo(["example.com"], { otherwise: "refuse" }));
    await expect(refusing.mail.send(all)).rejects.toMatchObject({
      code: "WX_MESSAGE_NOT_ALLOWED",
      message: expect.stringContaining('"eve@customer.example"'),
    });
    await refusing.mail.send(letter);
    expect(refusing.memory.outbox).toHaveLength(1);
    const redirecting = setUp(allowTo(["ann@example.com"], { otherwise: "Dev <dev@example.org>" }));
    await redirecting.mail.send(all);
    await redirecting.mail.send(letter);
    expect(recipientsOf(redirecting.memory).map((to) => to.map((address) => address.toLowerCase()))).toEqual([
      ["ann@example.com", "dev@example.org"],
      ["ann@example.com"],
    ]);
  });

  test("what a later hook adds is held to it too", async () => {
    const adding: Middleware = { before: (message) => ({ ...message, bcc: ["eve@customer.example"] }) };
    const dropping = setUp(allowTo(["example.com"]), adding);
    await dropping.mail.send(letter);
    expect(recipientsOf(dropping.memory)).toEqual([["ann@example.com"]]);
    const refusing = setUp(allowTo(["example.com"], { otherwise: "refuse" }), adding);
    await expect(refusing.mail.send(letter)).rejects.toMatchObject({ code: "WX_MESSAGE_NOT_ALLOWED" });
    const swapping: Middleware = { before: (message) => ({ ...message, to: ["eve@customer.example"] }) };
    const emptied = setUp(allowTo(["example.com"]), swapping);
    await expect(emptied.mail.send(letter)).rejects.toMatchObject({ code: "WX_MESSAGE_NO_RECIPIENT" });
  });

  test("an entry that is neither an address, a domain nor a pattern is refused by its place", () => {
    const make = (allowed: unknown, options?: object) => () => allowTo(allowed as string[], options);
    expect(make(["example.com", "a b"])).toThrow(/^allowTo\[1\]: "a b" is neither an address nor a domain/);
    expect(make(["*"])).toThrow(/^allowTo\[0\]/);
    expect(make([3])).toThrow(/^allowTo\[0\]/);
    expect(make("example.com")).toThrow("allowTo is not a list.");
    expect(make([], { otherwise: "bounce" })).toThrow(/^allowTo\.otherwise: "bounce" has no @/);
    expect(make([], { othrwise: "drop" })).toThrow("Did you mean otherwise?");
  });
});

describe("a guarded backend", () => {
  const bytes = Buffer.from("From: a@example.com\r\n\r\nHello");
  const envelope = { from: "a@example.com", to: ["ann@example.com", "eve@customer.example"] };

  test("answers for those who were asked for", async () => {
    const memory = memoryBackend();
    const allowing = guardedBackend(memory, [allowTo(["example.com"])]);
    const { accepted, rejected } = await allowing.send(envelope, bytes);
    expect([accepted, rejected.map(({ address, retryable }) => [address, retryable])]).toEqual([
      ["ann@example.com"],
      [["eve@customer.example", false]],
    ]);
    const always = await guardedBackend(memory, [alwaysTo("dev@example.org")]).send(envelope, bytes);
    expect(always).toMatchObject({ accepted: ["dev@example.org"], rejected: [] });
    expect(recipientsOf(memory)).toEqual([["ann@example.com"], ["dev@example.org"]]);
  });

  test("refuses for good where nobody is left, or where a hook refuses", async () => {
    const memory = memoryBackend();
    for (const otherwise of ["drop", "refuse"] as const) {
      const sending = guardedBackend(memory, [allowTo(["example.org"], { otherwise })]).send(envelope, bytes);
      await expect(sending).rejects.toMatchObject({ code: "WX_DELIVERY_REFUSED", retryable: false });
    }
    expect(memory.outbox).toEqual([]);
  });

  test("is the backend itself where no hook has a say", () => {
    const memory = memoryBackend();
    expect(guardedBackend(memory, [{ before: () => {} }])).toBe(memory);
  });
});

describe("defaultFields", () => {
  test("fills in what a message lacks, and nothing else", async () => {
    const { mail, memory } = setUp(
      defaultFields({ from: "Shop <shop@example.org>", replyTo: ["help@example.org"], subject: "No subject" }),
      defaultHeaders({ "X-Tag": "default", "X-Other": "default" }),
    );
    await mail.send(new EmailMessage({ text: "T", to: ["ann@example.com"], headers: { "x-tag": "own" } }));
    expect(await headersOf(memory)).toMatchObject({
      from: "Shop <shop@example.org>",
      "reply-to": "help@example.org",
      subject: "No subject",
      "x-tag": "own",
      "x-other": "default",
    });
    await mail.send({ ...letter, from: "own@example.com", replyTo: ["own@example.com"] });
    expect(await headersOf(memory)).toMatchObject({
      from: "own@example.com",
      "reply-to": "own@example.com",
      subject: "S",
    });
  });

  test("adds tags, and metadata name by name", async () => {
    const seen: unknown[] = [];
    const { mail } = setUp(defaultFields({ tags: ["shop", "a"], metadata: { region: "eu", user: "?" } }), {
      before: ({ tags, metadata }) => void seen.push([tags, metadata]),
    });
    await mail.send({ ...letter, tags: ["a", "b"], metadata: { user: "1" } });
    await mail.send(letter);
    expect(seen).toEqual([
      [["shop", "a", "b"], { region: "eu", user: "1" }],
      [["shop", "a"], { region: "eu", user: "?" }],
    ]);
  });

  test("touches no finished message but beside its bytes", () => {
    const { before } = defaultFields({ from: "a@example.com", subject: "S", headers: { "X-Tag": "1" }, tags: ["t"] });
    const raw = "From: b@example.com\r\n\r\nHello";
    const context = { logger: { log: () => {} } };
    expect(before?.({ raw, to: ["ann@example.com"] }, context)).toEqual({
      raw,
      to: ["ann@example.com"],
      from: "a@example.com",
      tags: ["t"],
    });
  });

  test("knows the fields of a message", () => {
    expect(() => defaultFields({ replyto: ["a@example.com"] } as MessageFields)).toThrow("Did you mean replyTo?");
  });
});

test("a finished message keeps its header when its envelope is redirected", () => {
  const { before } = alwaysTo("dev@example.org");
  const raw = "To: ann@example.com\r\n\r\nHello";
  const context = { logger: { log: () => {} } };
  expect(before?.({ raw, envelope: { from: "b@example.com", to: ["ann@example.com"] } }, context)).toMatchObject({
    raw,
    envelope: { from: "b@example.com", to: ["dev@example.org"] },
  });
});
