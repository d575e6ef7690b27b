import { expect, test } from "vitest";
import { caughtMail, fakeInbox, fakeOutbox } from "../../../test/support/fake-readers.ts";
import type { InboxMail } from "../../inbox/index.ts";
import { createConsole } from "../index.ts";

function appWith(parts: Partial<InboxMail>): ReturnType<typeof createConsole> {
  return createConsole({ inbox: fakeInbox(caughtMail(parts)), outbox: fakeOutbox(), allowedHosts: ["localhost"] });
}

test("a mail's HTML is served in a sandbox, with nothing from the network", async () => {
  const response = await appWith({ html: "<p>你好</p>" }).request("/inbox/m1/html");
  expect(response.headers.get("content-type")).toMatch(/^text\/html; charset=utf-8$/i);
  expect(response.headers.get("content-security-policy")).toBe(
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'",
  );
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(await response.text()).toBe('<base target="_blank"><p>你好</p>');
});

test("a mail without HTML has no such page", async () => {
  expect((await appWith({ html: "" }).request("/inbox/m1/html")).status).toBe(404);
});

test("the source is the bytes that came in, as plain text", async () => {
  const raw = Buffer.from([0x53, 0x3a, 0xff, 0x0d, 0x0a, 0x3c, 0x62, 0x3e]);
  const response = await appWith({ raw }).request("/inbox/m1/source");
  expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(Buffer.from(await response.arrayBuffer())).toEqual(raw);
});

test.each([
  ["合同 2026.pdf", `attachment; filename="__ 2026.pdf"; filename*=UTF-8''%E5%90%88%E5%90%8C%202026.pdf`],
  ["../../etc/passwd", `attachment; filename=".._.._etc_passwd"; filename*=UTF-8''.._.._etc_passwd`],
  ['a"\r\nX: y.txt', `attachment; filename="a___X: y.txt"; filename*=UTF-8''a%22%0D%0AX%3A%20y.txt`],
  ["\ud800", `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`],
  ["", `attachment; filename="attachment"; filename*=UTF-8''attachment`],
])("the attachment %j is a download, never a page", async (filename, disposition) => {
  const content = Buffer.from("<script>alert(1)</script>");
  const app = appWith({ attachments: [{ filename, mimeType: "text/html", content }] });
  const response = await app.request("/inbox/m1/attachments/0");
  expect(response.headers.get("content-disposition")).toBe(disposition);
  expect(response.headers.get("content-type")).toBe("application/octet-stream");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(Buffer.from(await response.arrayBuffer())).toEqual(content);
});

test.each(["/inbox/m1/attachments/1", "/inbox/m1/attachments/-1", "/inbox/m1/attachments/x", "/inbox/none/source"])(
  "%s is not there",
  async (path) => {
    expect((await appWith({}).request(path)).status).toBe(404);
  },
);
