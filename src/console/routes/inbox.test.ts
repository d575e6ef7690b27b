import { expect, test } from "vitest";
import { caughtMail, type FakeInbox, fakeInbox, fakeOutbox } from "../../../test/support/fake-readers.ts";
import type { InboxMail } from "../../inbox/index.ts";
import { createConsole } from "../index.ts";

function setUp(...mails: InboxMail[]): { app: ReturnType<typeof createConsole>; inbox: FakeInbox } {
  const inbox = fakeInbox(...mails);
  const options = { inbox, outbox: fakeOutbox(), allowedHosts: ["localhost"], smtpAddress: "127.0.0.1:1025" };
  return { app: createConsole(options), inbox };
}

const HOSTILE = `"><script>alert(1)</script>`;

test("an empty inbox tells how to get mail here", async () => {
  const html = await (await setUp().app.request("/inbox")).text();
  expect(html).toContain("No mail yet");
  expect(html).toContain('href="/user/register"');
  expect(html).toContain("EMAIL_HOST=127.0.0.1\nEMAIL_PORT=1025");
  expect(html).not.toContain("Delete all");
});

test("the list shows each mail's subject, sender, recipient, time and size, and leads to it", async () => {
  const { app } = setUp(
    caughtMail({ id: "a/b", subject: "激活", size: 48_213 }),
    caughtMail({ subject: "", from: "" }),
  );
  const html = await (await app.request("/inbox")).text();
  expect(html).toContain('href="/inbox/a%2Fb"');
  expect(html).toContain("<bdi>激活</bdi>");
  expect(html).toContain("<bdi>mac &lt;mac@163.com&gt;</bdi>");
  expect(html).toContain("48.2 kB");
  expect(html).toContain('<time datetime="2026-01-02T03:04:05.000Z"');
  expect(html).toContain("(no subject)");
  expect(html).toContain("2 mails");
  expect(html).toContain('<script src="/console-assets/inbox.js" defer');
});

test("nothing in a mail becomes markup of ours", async () => {
  const mail = caughtMail({
    subject: HOSTILE,
    from: HOSTILE,
    to: HOSTILE,
    envelopeTo: [HOSTILE],
    text: HOSTILE,
    html: HOSTILE,
    headers: [{ name: "X", value: HOSTILE }],
    attachments: [{ filename: HOSTILE, mimeType: HOSTILE, content: new Uint8Array() }],
    raw: Buffer.from(HOSTILE),
  });
  const { app } = setUp(mail);
  for (const path of ["/inbox", ...["html", "text", "source", "headers"].map((view) => `/inbox/m1?view=${view}`)]) {
    const html = await (await app.request(path)).text();
    expect(html, path).not.toContain("<script>");
    expect(html, path).toContain("&lt;script&gt;");
  }
});

test("a mail opens with its HTML in a frame that can do nothing but open links", async () => {
  const html = await (await setUp(caughtMail()).app.request("/inbox/m1")).text();
  expect(html).toContain('sandbox="allow-popups allow-popups-to-escape-sandbox" src="/inbox/m1/html"');
  expect(html).toContain('<a href="?view=html" aria-current="page">HTML</a>');
});

test("a mail without HTML opens with its text", async () => {
  const html = await (await setUp(caughtMail({ html: "" })).app.request("/inbox/m1")).text();
  expect(html).toContain('<a href="?view=text" aria-current="page">Text</a>');
  expect(html).toContain('<pre class="text">Hello</pre>');
});

test("links in the text can be clicked, and lose nothing", async () => {
  const { app } = setUp(caughtMail({ text: `Open http://127.0.0.1:8025/user/active/a.b-c?x=1&y=2.\n<b>` }));
  const html = await (await app.request("/inbox/m1?view=text")).text();
  expect(html).toContain(
    '<a href="http://127.0.0.1:8025/user/active/a.b-c?x=1&amp;y=2" target="_blank" rel="noopener noreferrer nofollow">',
  );
  expect(html).toContain("</a>.\n&lt;b&gt;</pre>");
});

test("the headers are listed as they were decoded", async () => {
  const { app } = setUp(caughtMail({ headers: [{ name: "X-Note", value: "一\n 二" }] }));
  expect(await (await app.request("/inbox/m1?view=headers")).text()).toContain(
    '<th scope="row">X-Note</th><td>一\n 二</td>',
  );
});

test("a long source is cut on the page, with the way to the whole", async () => {
  const { app } = setUp(caughtMail({ raw: Buffer.alloc(300_000, "x") }));
  const html = await (await app.request("/inbox/m1?view=source")).text();
  expect(html.length).toBeLessThan(270_000);
  expect(html).toContain("The first 262.1 kB are shown.");
  expect(html).toContain('<a href="/inbox/m1/source">');
});

test("the envelope is shown where it differs from the header", async () => {
  const { app } = setUp(caughtMail({ id: "same" }), caughtMail({ id: "bcc", envelopeTo: ["hidden@example.com"] }));
  expect(await (await app.request("/inbox/same")).text()).not.toContain("Delivered to");
  expect(await (await app.request("/inbox/bcc")).text()).toContain("hidden@example.com");
});

async function clear(
  { app }: { app: ReturnType<typeof createConsole> },
  headers: Record<string, string>,
  token?: string,
): Promise<Response> {
  const html = await (await app.request("/inbox")).text();
  const body = new URLSearchParams({ token: token ?? /name="token" value="([^"]+)"/.exec(html)?.[1] ?? "" });
  return app.request("/inbox/clear", { method: "POST", body, headers });
}

test.each([{ "sec-fetch-site": "same-origin" }, { origin: "http://localhost" }, {}])(
  "the button on the page deletes all mail: %j",
  async (headers) => {
    const desk = setUp(caughtMail());
    const response = await clear(desk, headers);
    expect([response.status, response.headers.get("location")]).toEqual([303, "/inbox"]);
    expect(desk.inbox.mails).toEqual([]);
  },
);

test.each([
  [{ "sec-fetch-site": "cross-site" }, undefined],
  [{ "sec-fetch-site": "same-site" }, undefined],
  [{ origin: "https://evil.example" }, undefined],
  [{ origin: "null" }, undefined],
  [{ "sec-fetch-site": "same-origin" }, "guessed"],
  [{}, ""],
])("no other page can: %j, token %j", async (headers, token) => {
  const desk = setUp(caughtMail());
  expect((await clear(desk, headers, token)).status).toBe(403);
  expect(desk.inbox.mails).toHaveLength(1);
});

test("a link to it deletes nothing", async () => {
  const { app, inbox } = setUp(caughtMail());
  expect((await app.request("/inbox/clear")).status).toBe(404);
  expect(inbox.mails).toHaveLength(1);
});
