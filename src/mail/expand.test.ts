import { describe, expect, test } from "vitest";
import { expandFields } from "./expand.ts";
import { EmailMessage } from "./message.ts";
import type { HeaderValue, ListHeaders, MessageFields } from "./message-fields.ts";

const headersOf = (fields: MessageFields): Readonly<Record<string, HeaderValue>> => expandFields(fields).headers ?? {};
const listOf = (list: ListHeaders): Readonly<Record<string, HeaderValue>> => headersOf({ list });

function refusalOf(fields: MessageFields): unknown {
  try {
    expandFields(fields);
  } catch (error) {
    return error;
  }
  return undefined;
}

test("a message without shorthand comes back itself", () => {
  const message = new EmailMessage({
    subject: "S",
    text: "T",
    alternatives: [{ content: "x", contentType: "text/x" }],
  });
  expect(expandFields(message)).toBe(message);
});

test("the message that was given stays as it was", () => {
  const message = new EmailMessage({ priority: "high", amp: "<html amp4email>" });
  const expanded = expandFields(message);
  expect([message.headers, message.alternatives]).toEqual([{}, []]);
  expect(expanded).toMatchObject({ headers: { Importance: "High" } });
});

test("priority, answers and automatic mail become headers", () => {
  expect(headersOf({ priority: "high" })).toEqual({
    "X-Priority": "1 (Highest)",
    "X-MSMail-Priority": "High",
    Importance: "High",
  });
  expect(headersOf({ priority: "low" })["X-Priority"]).toBe("5 (Lowest)");
  expect(headersOf({ priority: "normal" })).toEqual({});
  expect(headersOf({ autoSubmitted: "auto-generated" })).toEqual({ "Auto-Submitted": "auto-generated" });
  expect(headersOf({ inReplyTo: "<a@b>", references: ["<c@d>", "<a@b>"] })).toEqual({
    "In-Reply-To": "<a@b>",
    References: "<c@d> <a@b>",
  });
  expect(headersOf({ references: "<c@d>  <a@b>" })).toEqual({ References: "<c@d> <a@b>" });
  expect(headersOf({ references: [] })).toEqual({});
});

test("a header that is given by name wins over the field, whatever its case", () => {
  expect(headersOf({ priority: "high", headers: { importance: "Low" } })).toEqual({
    importance: "Low",
    "X-Priority": "1 (Highest)",
    "X-MSMail-Priority": "High",
  });
});

test("forms before HTML come first among the alternatives, the event last", () => {
  const content = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n";
  const { alternatives, attachments } = expandFields({
    watchHtml: "<b>w",
    amp: "<html amp4email>",
    alternatives: [{ content: "{}", contentType: "application/json" }],
    attachments: [{ content: "a" }],
    icalEvent: { content },
  });
  expect(alternatives).toEqual([
    { content: "<b>w", contentType: "text/watch-html; charset=utf-8" },
    { content: "<html amp4email>", contentType: "text/x-amp-html; charset=utf-8" },
    { content: "{}", contentType: "application/json" },
    { content, contentType: "text/calendar; charset=utf-8; method=REQUEST" },
  ]);
  expect(attachments).toEqual([{ content: "a" }, { filename: "invite.ics", content, contentType: "application/ics" }]);
});

describe("an event", () => {
  const calendar = (method: string): string =>
    `BEGIN:VCALENDAR\nVERSION:2.0\n${method}\nBEGIN:VEVENT\nDESCRIPTION:x\n METHOD:REPLY\nEND:VEVENT\nEND:VCALENDAR\n`;
  const typeOf = (icalEvent: NonNullable<MessageFields["icalEvent"]>): string | undefined =>
    expandFields({ icalEvent }).alternatives?.[0]?.contentType;

  test("has the method of its calendar, of none where there is none", () => {
    expect(typeOf({ content: calendar("METHOD:CANCEL"), method: "cancel" })).toMatch(/; method=CANCEL$/);
    expect(typeOf({ content: Buffer.from(calendar("method;x=y:Publish")) })).toMatch(/; method=PUBLISH$/);
    expect(typeOf({ content: calendar("X-A:b") })).toBe("text/calendar; charset=utf-8");
  });

  test("can go without a file", () => {
    const icalEvent = { content: calendar("METHOD:ADD"), filename: false as const };
    expect(expandFields({ icalEvent }).attachments).toEqual([]);
  });

  test.each([
    [{ content: calendar("METHOD:CANCEL"), method: "request" }, 'icalEvent.method: "REQUEST" is not the calendar\'s'],
    [{ content: calendar("X-A:b"), method: "request" }, 'icalEvent.method: "REQUEST" is not in the calendar'],
    [{ content: calendar("METHOD:DELETE") }, 'icalEvent.content: "DELETE" is no method of iTIP'],
    [{ content: calendar("METHOD:ADD"), method: "add;x=y" }, "is no method of iTIP"],
    [{ content: "hello" }, 'icalEvent.content: "hello" is no calendar'],
    [{}, "is no calendar"],
    ["BEGIN:VCALENDAR", 'icalEvent: "BEGIN:VCALENDAR" is no event. Give { content, method }'],
  ])("%# is refused when it contradicts itself", (icalEvent, problem) => {
    const fields = { icalEvent } as MessageFields;
    expect(refusalOf(fields)).toMatchObject({
      code: "WX_MESSAGE_VALUE",
      message: expect.stringContaining(problem) as string,
    });
  });
});

describe("a list", () => {
  test("has a header for each of its actions, addresses as mailto:", () => {
    expect(
      listOf({
        help: "help@x.cn",
        unsubscribe: ["leave+ann@例子.中国", "http://x.cn/leave?a=b c"],
        subscribe: "mailto:join@x.cn?subject=join",
        post: "NO",
        owner: "https://例子.中国/",
        archive: "https://x.cn/a",
      }),
    ).toEqual({
      "List-Help": "<mailto:help@x.cn>",
      "List-Unsubscribe": "<mailto:leave%2Bann@xn--fsqu00a.xn--fiqs8s>, <http://x.cn/leave?a=b%20c>",
      "List-Subscribe": "<mailto:join@x.cn?subject=join>",
      "List-Post": "NO",
      "List-Owner": "<https://xn--fsqu00a.xn--fiqs8s/>",
      "List-Archive": "<https://x.cn/a>",
    });
  });

  test("is left by one click where there is one https: URL for it (RFC 8058)", () => {
    const post = (list: ListHeaders): HeaderValue | undefined => listOf(list)["List-Unsubscribe-Post"];
    expect(post({ unsubscribe: ["a@x.cn", "https://x.cn/u?t=1"] })).toBe("List-Unsubscribe=One-Click");
    expect(post({ unsubscribe: "https://x.cn/u", oneClick: false })).toBeUndefined();
    expect(post({ unsubscribe: "a@x.cn" })).toBeUndefined();
    expect(post({ unsubscribe: ["https://x.cn/u", "http://x.cn/u"] })).toBeUndefined();
    for (const unsubscribe of [undefined, "a@x.cn", "http://x.cn/u", ["https://x.cn/u", "https://y.cn/u"]]) {
      expect(refusalOf({ list: { unsubscribe, oneClick: true } })).toMatchObject({ field: "list.oneClick" });
    }
  });

  test("has an id, with a name in any language", () => {
    expect(listOf({ id: "news.x.cn" })).toEqual({ "List-ID": "<news.x.cn>" });
    expect(listOf({ id: { name: "Ann's News", id: "news.x.cn" } })).toEqual({ "List-ID": "Ann's News <news.x.cn>" });
    expect(listOf({ id: { name: "A, B", id: "n.x" } })).toEqual({ "List-ID": '"A, B" <n.x>' });
    expect(listOf({ id: { name: "新闻", id: "n.x" } })).toEqual({ "List-ID": "=?UTF-8?B?5paw6Ze7?= <n.x>" });
  });

  test.each([
    [{ unsubscribe: "javascript:alert(1)" }, "list.unsubscribe"],
    [{ unsubscribe: ["a@x.cn", "leave"] }, "list.unsubscribe[1]"],
    [{ unsubscribe: "mailto:a@x.cn>,<b@x.cn" }, "list.unsubscribe"],
    [{ unsubscribe: "https://x.cn/\r\nBcc: b@x.cn" }, "list.unsubscribe"],
    [{ unsubscribe: "https://" }, "list.unsubscribe"],
    [{ owner: "a@x.cn, b@x.cn" }, "list.owner"],
    [{ help: "NO" }, "list.help"],
    [{ id: "news" }, "list.id"],
    [{ id: { name: "a\nb", id: "news.x" } }, "list.id.name"],
    [{ id: { name: "a", id: "news.x>" } }, "list.id.id"],
    [{ unsubscibe: "a@x.cn" }, "list"],
  ])("%# refuses what is no address, URL or id", (list, field) => {
    expect(refusalOf({ list: list as ListHeaders })).toMatchObject({ name: "MessageError", field });
  });
});

test.each([
  [{ priority: "urgent" }, "priority"],
  [{ priority: "constructor" }, "priority"],
  [{ autoSubmitted: "yes" }, "autoSubmitted"],
  [{ inReplyTo: "a@b" }, "inReplyTo"],
  [{ inReplyTo: "<a@b>\r\nBcc: <c@d>" }, "inReplyTo"],
  [{ references: ["<a@b>", "<a b@c>"] }, "references[1]"],
  [{ references: 5 }, "references"],
  [{ list: { unsubscribe: 5 } }, "list.unsubscribe"],
  [{ icalEvent: { content: "BEGIN:VCALENDAR\n", method: 5 } }, "icalEvent.method"],
  [{ references: [`<${"a".repeat(1000)}@b>`] }, "references[0]"],
])("%o is refused by its field", (fields, field) => {
  expect(refusalOf(fields as MessageFields)).toMatchObject({ name: "MessageError", field });
});

test("null is nothing, as programs without types have it", () => {
  const nothing = {
    amp: null,
    list: null,
    priority: null,
    icalEvent: null,
    references: null,
  } as unknown as MessageFields;
  expect(expandFields(nothing)).toBe(nothing);
  expect(headersOf({ ...nothing, priority: "high", list: { owner: null } as unknown as ListHeaders })).toHaveProperty(
    "Importance",
  );
});
