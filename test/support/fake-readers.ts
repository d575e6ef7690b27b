/** An inbox and an outbox that hold what a test puts into them. */
import type { InboxMail, InboxReader, InboxSummary } from "../../src/inbox/index.ts";
import type { ConsoleOutbox } from "../../src/console/index.ts";
import type { ListOptions, OutboxHealth, OutboxMessage } from "../../src/outbox/index.ts";

export interface FakeInbox extends InboxReader {
  readonly mails: InboxMail[];
  readonly listeners: Set<(mail: InboxSummary) => void>;
  /** A mail comes in. */
  receive(mail: InboxMail): void;
}

/** A mail with everything filled in but what the test is about. */
export function caughtMail(parts: Partial<InboxMail> = {}): InboxMail {
  return {
    id: "m1",
    receivedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
    envelopeFrom: "mac@163.com",
    envelopeTo: ["user@example.com"],
    from: "mac <mac@163.com>",
    to: "user@example.com",
    subject: "Activate your account",
    size: 1234,
    text: "Hello",
    html: "<p>Hello</p>",
    headers: [{ name: "Subject", value: "Activate your account" }],
    attachments: [],
    raw: Buffer.from("Subject: Activate your account\r\n\r\nHello\r\n"),
    ...parts,
  };
}

export function fakeInbox(...mails: InboxMail[]): FakeInbox {
  const listeners: FakeInbox["listeners"] = new Set();
  return {
    mails,
    listeners,
    receive: (mail) => {
      mails.unshift(mail);
      for (const listener of listeners) listener(mail);
    },
    list: async ({ limit = 100 } = {}) => mails.slice(0, limit),
    get: async (id) => mails.find((mail) => mail.id === id),
    clear: async () => void mails.splice(0),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A message that waits, with everything filled in but what the test is about. */
export function queuedMessage(parts: Partial<OutboxMessage> = {}): OutboxMessage {
  return {
    id: "o1",
    state: "queued",
    subject: "Activate your account",
    from: "mac@163.com",
    recipients: [{ address: "user@example.com", state: "queued", detail: "" }],
    messageId: "<1@example.com>",
    mailer: "default",
    attempts: 0,
    createdAt: Date.UTC(2026, 0, 2, 3, 4, 5),
    nextAttemptAt: undefined,
    priority: "normal",
    group: undefined,
    tenant: undefined,
    stream: undefined,
    tags: [],
    metadata: {},
    size: 1234,
    sendAt: undefined,
    expiresAt: Date.UTC(2026, 0, 4, 3, 4, 5),
    wait: undefined,
    finishedAt: undefined,
    history: [],
    ...parts,
  };
}

/** The health of an outbox, well in all but what the test is about. */
export function healthyOutbox(parts: Partial<OutboxHealth> = {}): OutboxHealth {
  return { ok: true, isStuck: false, due: 0, oldestDueMs: 0, limited: 0, closed: [], sending: 0, ...parts };
}

/** An outbox that is asked, and remembers what it was told to do. */
export interface FakeOutbox extends ConsoleOutbox {
  /** Such as "hold o1". */
  readonly told: string[];
  /** What `list` was asked for, each time. */
  readonly asked: ListOptions[];
}

export function fakeOutbox(...messages: OutboxMessage[]): FakeOutbox {
  const [told, asked]: [string[], ListOptions[]] = [[], []];
  const tell = async (what: string): Promise<boolean> => {
    told.push(what);
    return true;
  };
  return {
    told,
    asked,
    list: async (options = {}) => {
      asked.push(options);
      return messages.slice(0, options.limit);
    },
    get: async (id) => messages.find((message) => message.id === id),
    cancel: (id) => tell(`cancel ${id}`),
    hold: (id) => tell(`hold ${id}`),
    release: (id) => tell(`release ${id}`),
    redrive: async (id) => Number(await tell(`redrive ${String(id)}`)),
    resolve: (id, as) => tell(`resolve ${id} as ${as}`),
    health: async () => healthyOutbox(),
  };
}
