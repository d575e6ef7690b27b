/** The programs in examples/, run as a user runs them: by name, from the built package, against a real SMTP server. */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { listenMailbox } from "../../src/testing/index.ts";
import { repository } from "../support/subpaths.ts";

const run = promisify(execFile);

/** What the program prints, sending to this port. */
async function runExample(name: string, port: number): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, SMTP_HOST: "127.0.0.1", SMTP_PORT: String(port), MAIL_TO: "bob@example.com" };
  return run(process.execPath, [`examples/${name}`], { cwd: fileURLToPath(repository), env });
}

test("examples/send-mail.mjs sends text, HTML, a file, a picture and an invitation, and nothing to warn of", async () => {
  await using mailbox = await listenMailbox();
  const { stdout, stderr } = await runExample("send-mail.mjs", mailbox.port);
  expect(stdout).toContain("took it for bob@example.com: 250");
  expect(stderr).toBe("");
  const [mail] = await mailbox.mails();
  expect(mail).toMatchObject({ subject: "Tea on Thursday 周四喝茶", from: "Shop <shop@example.com>" });
  expect(mail?.text).toContain("周四下午四点");
  expect(mail?.html).toContain('<img src="cid:');
  expect(mail?.attachments.map(({ mimeType }) => mimeType).toSorted()).toEqual([
    "application/ics",
    "image/png",
    "text/calendar",
    "text/csv",
  ]);
});

test("examples/move-from-nodemailer.mjs sends by nodemailer through Waxseal, and by Waxseal alone", async () => {
  await using mailbox = await listenMailbox();
  await runExample("move-from-nodemailer.mjs", mailbox.port);
  const mails = await mailbox.mails();
  expect(mails.map(({ subject, envelopeTo }) => [subject, envelopeTo])).toEqual([
    ["By nodemailer", ["bob@example.com"]],
    ["By Waxseal", ["bob@example.com"]],
  ]);
});

test("an example whose server is not there ends with status 1 and says why", async () => {
  const mailbox = await listenMailbox();
  await mailbox.close();
  await expect(runExample("send-mail.mjs", mailbox.port)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("nothing accepts connections there (ECONNREFUSED)") as string,
  });
});

test("every example is run here", () => {
  expect(readdirSync(new URL("examples", repository))).toEqual(["move-from-nodemailer.mjs", "send-mail.mjs"]);
});
