/** The functions and classes of "waxseal" through the mailer that the environment describes. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  EmailMessage,
  EmailMultiAlternatives,
  getConnection,
  mailAdmins,
  mailManagers,
  sendMail,
} from "../../src/index.ts";
import { EmailMessage as MailMessage } from "../../src/mail/index.ts";
import { listenMailbox } from "../../src/testing/index.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("messages send themselves, the staff gets its mail, and files stay in their root", async () => {
  await using mailbox = await listenMailbox();
  const root = tempFolder();
  writeFileSync(join(root, "a.txt"), "inside");
  const environment = {
    EMAIL_URL: `smtp://${mailbox.host}:${mailbox.port}`,
    DEFAULT_FROM_EMAIL: "mac <mac@163.com>",
    SERVER_EMAIL: "server@x.cn",
    ADMINS: "Ann <ann@x.cn>, bob@x.cn",
    EMAIL_SUBJECT_PREFIX: "[Shop] ",
    WAXSEAL_ATTACHMENT_ROOT: root,
  };
  const before = { ...process.env };
  Object.assign(process.env, environment);
  onTestFinished(() => void (process.env = before));

  const message = new EmailMessage("one", "text", undefined, ["ann@x.cn"]);
  message.attachFile("a.txt");
  expect(await message.send()).toMatchObject({ accepted: ["ann@x.cn"] });
  const letter = new EmailMultiAlternatives({ subject: "two", html: "<p>only HTML", to: ["ann@x.cn"] });
  expect(await letter.send()).toMatchObject({ accepted: ["ann@x.cn"] });
  expect([message instanceof MailMessage, letter instanceof MailMessage]).toEqual([true, true]);
  expect(await mailAdmins("three", "text")).toBe(1);
  expect(await mailManagers("nobody", "text")).toBe(0);
  const connection = getConnection(undefined, { port: mailbox.port });
  expect(await sendMail("four", "text", undefined, ["ann@x.cn"], { connection })).toBe(1);
  await connection.close?.();

  const mails = await mailbox.mails();
  expect(mails.map(({ subject, from }) => [subject, from])).toEqual([
    ["one", "mac <mac@163.com>"],
    ["two", "mac <mac@163.com>"],
    ["[Shop] three", "server@x.cn"],
    ["four", "mac <mac@163.com>"],
  ]);
  expect(mails[1]?.text?.trim()).toBe("only HTML");
  const outside = new EmailMessage("S", "T", undefined, ["ann@x.cn"], { attachments: [{ path: "/etc/hostname" }] });
  await expect(outside.send()).rejects.toMatchObject({ code: "WX_MESSAGE_FILE_ACCESS" });
});
