import { expect, onTestFinished, test } from "vitest";
import { createMail, createMailers, smtpBackend } from "../mail/index.ts";
import { findLink, listenMailbox } from "./mailbox.ts";

async function setUp() {
  const mailbox = await listenMailbox();
  const mailers = createMailers({ default: smtpBackend({ host: mailbox.host, port: mailbox.port, security: "none" }) });
  onTestFinished(async () => {
    await mailers.close();
    await mailbox.close();
  });
  return { mailbox, mail: createMail({ mailers, defaultFromEmail: "shop@x.cn" }) };
}

test("waits for the mail that fits, whether it came before or comes after", async () => {
  const { mailbox, mail } = await setUp();
  const waiting = mailbox.waitFor({ to: "BOB@x.cn", subject: /order/ });
  await mail.sendMail("your order", "see https://x.cn/orders/1?a=b.", undefined, ["ann@x.cn"]);
  await mail.sendMail("your order", "see https://x.cn/orders/2", undefined, ["bob@x.cn"]);
  const found = await waiting;
  expect(findLink(found, "/orders/")).toBe("https://x.cn/orders/2");
  expect((await mailbox.waitFor({ to: "ann@x.cn" })).envelopeTo).toEqual(["ann@x.cn"]);
  expect(await mailbox.mails()).toHaveLength(2);
});

test("waiting through many other mails draws no warning from Node", async () => {
  const warnings: string[] = [];
  const listen = (warning: Error): void => void warnings.push(warning.name);
  process.on("warning", listen);
  onTestFinished(() => void process.off("warning", listen));
  const { mailbox, mail } = await setUp();
  const waiting = mailbox.waitFor({ subject: "the last" });
  for (let number = 1; number <= 12; number++) await mail.sendMail(`number ${number}`, "", undefined, ["ann@x.cn"]);
  await mail.sendMail("the last", "", undefined, ["ann@x.cn"]);
  await waiting;
  expect(warnings).toEqual([]);
});

test("says what did come when the mail does not", async () => {
  const { mailbox, mail } = await setUp();
  await mail.sendMail("another", "text", undefined, ["ann@x.cn"]);
  await expect(mailbox.waitFor({ to: "bob@x.cn" }, { timeoutMs: 50 })).rejects.toMatchObject({
    code: "WX_TEST_NO_MAIL",
    message: expect.stringContaining('"another" to ann@x.cn'),
  });
});

test("a misspelt option is refused by name", async () => {
  // @ts-expect-error no such option
  await expect(listenMailbox({ prt: 1025 })).rejects.toThrow("listenMailbox has no option prt. Did you mean port?");
});
