import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { expectLinearTime } from "../../../test/support/linear-time.ts";
import { memoryBackend } from "../backends/memory.ts";
import { createMailers } from "../mailers.ts";
import type { MessageFields } from "../message-fields.ts";
import { createMail } from "../send-mail.ts";
import { LINT_RULES, lintComposed, lintMessage, type LintOptions } from "./lint.ts";
import { lintLog } from "./lint-log.ts";

const prose = "Thank you for your order. It left our house this morning, and you will have it in two days. ".repeat(2);
const good: MessageFields = {
  from: "Shop <shop@example.com>",
  to: ["ann@example.net"],
  subject: "Your order is on its way",
  text: `${prose}\n\nhttps://www.example.com/orders/1.`,
  html: `<p>${prose}</p><p><a href="https://www.example.com/orders/1">Your order</a></p><img src="https://img.example.com/a.png" alt="A parcel">`,
};
const rulesOf = (message: MessageFields, options?: LintOptions): string[] =>
  lintMessage(message, options).map(({ rule }) => rule);
const withHtml = (html: string): MessageFields => ({ ...good, html: `<p>${prose}</p>${html}` });
const link = (href: string, text = "Go"): MessageFields => withHtml(`<a href="${href}">${text}</a>`);

test("a message that is well gets no warning", () => {
  expect(lintMessage(good)).toEqual([]);
  expect(lintMessage({ ...good, html: undefined })).toEqual([]);
  expect(lintMessage({ ...good, text: undefined })).toEqual([]); // the text is made from the HTML
});

test.each<[string, MessageFields]>([
  ["empty-subject", { ...good, subject: " " }],
  ["long-subject", { ...good, subject: "s".repeat(79) }],
  ["shouting-subject", { ...good, subject: "BUY NOW OR NEVER!" }],
  ["many-recipients", { ...good, to: Array.from({ length: 8 }, (_, index) => `a${index}@example.net`) }],
  ["no-unsubscribe", { ...good, tags: ["Newsletter"] }],
  ["no-unsubscribe", { ...good, headers: { precedence: "bulk" } }],
  ["no-text", { ...good, text: undefined, textFromHtml: false }],
  ["large-html", withHtml("<!-- -->".repeat(13_000))],
  ["missing-alt", withHtml('<img src="a.png">')],
  ["image-only", { ...good, html: '<img src="https://example.com/a.png" alt="Everything">' }],
  ["data-image", withHtml('<img alt="" src="data:image/png;base64,AAAA">')],
  ["active-content", withHtml("<form><input></form>")],
  [
    "mostly-links",
    withHtml(
      `<a href="https://example.com/1">${prose}${prose}</a>${'<a href="https://example.com/2">x</a>'.repeat(3)}`,
    ),
  ],
  ["mostly-links", { ...good, html: undefined, text: "https://example.com/12345\n".repeat(4) }],
  ["local-link", link("http://localhost:8025/user/active/t")],
  ["local-link", { ...good, html: undefined, text: `${prose} http://192.168.0.2/` }],
  ["ip-link", link("https://8.8.8.8/")],
  ["insecure-link", link("http://example.com/")],
  ["shortened-link", link("https://bit.ly/3xyz")],
  ["foreign-link", link("https://example.org/")],
  ["deceptive-link", link("https://www.example.com/", "https://bank.example.org/login")],
  ["relative-link", link("/orders/1")],
])("%s is warned of, and nothing else", (rule, message) => {
  expect(rulesOf(message)).toEqual([rule]);
});

test.each<[string, MessageFields]>([
  ["seven recipients", { ...good, to: Array.from({ length: 7 }, (_, index) => `a${index}@example.net`) }],
  ["a name in capitals", { ...good, subject: "NASA and 日本 FAQ" }],
  ["a subject without capitals or small letters", { ...good, subject: "您的订单已经发货，请注意查收，谢谢您的支持" }],
  ["bulk with a way out", { ...good, tags: ["bulk"], list: { unsubscribe: "https://example.com/u" } }],
  [
    "bulk with a header of its own",
    { ...good, tags: ["bulk"], headers: { "List-Unsubscribe": "<https://example.com/u>" } },
  ],
  ["a link to a subdomain", link("https://mail.example.com/")],
  ["a mailto link and an anchor", withHtml('<a href="mailto:help@example.com">Help</a><a href="#top">Top</a>')],
  ["a product's name with a dot", link("https://www.example.com/node", "Node.js")],
  ["its own address written out", link("https://www.example.com/a", "example.com")],
  ["an image that decorates", withHtml('<img alt="" src="https://example.com/line.png">')],
  ["an image by cid", withHtml('<img alt="A" src="cid:logo">')],
])("%s is well", (_, message) => {
  expect(lintMessage(message)).toEqual([]);
});

test("a warning names the field, what there is, and what to do", () => {
  expect(lintMessage(link("https://example.org/"))).toEqual([
    {
      rule: "foreign-link",
      field: "html",
      message: "The mail is from example.com, and links lead to example.org.",
      fix: "Send from an address at the domain that the links lead to, or lead them to the sender's domain.",
    },
  ]);
  const many = withHtml(["a", "b", "c", "d", "e"].map((name) => `<a href="https://${name}.org/">x</a>`).join(""));
  expect(lintMessage(many)[0]?.message).toContain("a.org, b.org, c.org and 2 more");
});

test("rules can be left out, and the default sender is the sender", () => {
  const message = { ...link("https://example.org/"), from: undefined };
  expect(rulesOf(message)).toEqual([]);
  expect(rulesOf(message, { defaultFrom: "Shop <shop@example.com>" })).toEqual(["foreign-link"]);
  expect(rulesOf(message, { defaultFrom: "shop@例子.中国" })).toEqual(["foreign-link"]);
  expect(rulesOf(message, { defaultFrom: "shop@example.com", ignore: ["foreign-link"] })).toEqual([]);
  expect(rulesOf({ ...message, from: "no address" })).toEqual([]);
});

test("a misspelt option or rule is told", () => {
  const lint = (options: object) => () => lintMessage(good, options);
  expect(lint({ ignored: [] })).toThrow("Did you mean ignore?");
  expect(lint({ ignore: ["foreign-links"] })).toThrow("Did you mean foreign-link?");
});

test.each(["http://a/.", "https://a.b/?", "www.", "https://a@", ".com", "a.", "HTTP://", "（"])(
  "a text, a subject and a link of nothing but %j are looked at in linear time",
  (piece) => {
    expectLinearTime((size) => {
      const text = piece.repeat(size / piece.length);
      lintMessage({ text, subject: text, html: `<a href="https://a.b/">${text}</a>`, tags: [text] });
    }, 200_000);
  },
);

test("a finished message gets the warnings of its parts", async () => {
  const mail = createMail({ mailers: createMailers({}), defaultFromEmail: "shop@example.com" });
  const bad = { ...link("http://example.org/"), from: "商店 <shop@example.com>", subject: "您的订单", tags: ["bulk"] };
  const composed = await mail.compose(bad);
  const tagged = { ...composed, envelope: { ...composed.envelope, tags: ["bulk"] } };
  expect(await lintComposed(tagged)).toEqual(lintMessage(bad));
  expect((await lintComposed({ bytes: composed.bytes })).map(({ rule }) => rule)).toEqual([
    "insecure-link",
    "foreign-link",
  ]);
  expect(await lintComposed(await mail.compose(good))).toEqual([]);
});

test("the log is told once of each warning, and the mail goes on", async () => {
  const events: unknown[][] = [];
  const memory = memoryBackend();
  const mail = createMail({
    mailers: createMailers({ default: memory }),
    defaultFromEmail: "shop@example.com",
    logger: { log: (...event) => void events.push(event) },
    middleware: [lintLog({ ignore: ["missing-alt"] })],
  });
  const bad = { ...good, subject: "", html: '<img src="https://example.com/a.png">' };
  await mail.send(bad);
  await mail.send(bad);
  expect(memory.outbox).toHaveLength(2);
  expect(events.map(([level, event, fields]) => [level, event, (fields as { rule: string }).rule])).toEqual([
    ["warn", "mail.lint", "empty-subject"],
    ["warn", "mail.lint", "image-only"],
  ]);
});

test("every rule is in the reference once, and no other", () => {
  const page = readFileSync(new URL("../../../docs/reference/lint.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(LINT_RULES);
});
