/** Whatever stands in the shorthand fields and in data: URLs, the message is sound, or is refused by the field. */
import { type Arbitrary, array, asyncProperty, assert, constantFrom, oneof, option, record, string } from "fast-check";
import { expect, test } from "vitest";
import { createMail, createMailers, MessageError, type MessageFields } from "../../src/mail/index.ts";
import { brokenRules } from "../support/strict-mime.ts";

const mail = createMail({ mailers: createMailers({}), defaultFromEmail: "from@example.com" });

/** What an attacker would write, what a person writes, and anything. */
const hostile = constantFrom(
  "a\r\nBcc: x@y.cn",
  "\u2028",
  "<a@b>, <c@d>",
  "https://x.cn/?a=b c>",
  "mailto:a@b?x=\n",
  '"; x="',
  "\0",
  "=?utf-8?q?x?=",
);
const anything = oneof(hostile, string({ unit: "binary", maxLength: 60 }), string({ maxLength: 200 }));
/** Mostly what a field is for, so that one bad value among good ones is what is tried. */
const mostly = (...good: readonly string[]): Arbitrary<string> =>
  oneof({ arbitrary: constantFrom(...good), weight: 9 }, { arbitrary: anything, weight: 1 });

const target = mostly("leave@example.com", "mac@例子.中国", '"a b"@example.com', "https://example.com/u?t=1");
const messageId = mostly("<a@b>", "<c@d>");
const body = mostly("<p>你好</p>", "plain", "From the future\r\n.\r\n");

const fields = record(
  {
    list: record(
      {
        unsubscribe: oneof(target, array(target, { maxLength: 3 })),
        help: target,
        id: record({ name: mostly("新闻", 'A "b", c'), id: mostly("news.x.cn") }),
      },
      { requiredKeys: [] },
    ),
    inReplyTo: messageId,
    references: oneof(messageId, array(messageId, { maxLength: 3 })),
    watchHtml: body,
    amp: body,
    html: body,
    icalEvent: record({
      content: mostly("REQUEST", "publish").map((said) => `BEGIN:VCALENDAR\r\nMETHOD:${said}\r\n`),
      filename: option(mostly("invite.ics", "发票.ics"), { nil: false as const }),
    }),
    attachments: array(
      record(
        {
          path: mostly(",x", "image/png;base64,aGk=", "text/plain;charset=utf-8,%E4%BD%A0").map(
            (said) => `data:${said}`,
          ),
          filename: mostly("a.txt", "发票.pdf"),
        },
        { requiredKeys: ["path"] },
      ),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
);

test("no value of them breaks a rule of mail or starts a header", async () => {
  let composed = 0;
  await assert(
    asyncProperty(fields, async (given) => {
      const message: MessageFields = { to: ["to@example.com"], date: new Date(0), ...given };
      try {
        const { bytes } = await mail.compose(message);
        composed++;
        expect(brokenRules(bytes)).toEqual([]);
        expect(Buffer.from(bytes).toString("latin1").split("\r\n\r\n")[0]).not.toMatch(/^(?:Bcc|X):/m);
      } catch (error) {
        if (!(error instanceof MessageError)) throw error;
      }
    }),
    { numRuns: 300, seed: 3 },
  );
  expect(composed).toBeGreaterThan(100);
});
