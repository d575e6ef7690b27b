/** `waxseal api-key`, as the built command, on a database of its own. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { createApiKeys } from "../../src/inbox/index.ts";
import { openDatabase } from "../../src/db/index.ts";
import { hashOf } from "../../src/inbox/submission/api-keys.ts";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

async function run(cwd: string, ...args: string[]): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const process = runCli(args, { cwd });
  const code = await process.ended;
  return { code, ...process.output() };
}

test(
  "a key is made, shown once with settings to paste, listed without its secret, and revoked",
  { timeout: 60_000 },
  async () => {
    const cwd = tempFolder();
    expect((await run(cwd, "api-key", "list")).stderr).toContain("waxseal migrate");
    await run(cwd, "migrate");
    const made = await run(
      cwd,
      "api-key",
      "create",
      "my shop",
      "--from",
      "*@shop.example",
      "--from",
      "a@x.cn",
      "--per-day",
      "500",
    );
    const secret = /wxs_[\w-]{43}/.exec(made.stdout)?.[0] ?? "";
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain(`EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = "my shop", "${secret}"`);
    expect(made.stdout).toContain(`MAILER_DSN=smtp://my%20shop:${secret}@localhost:2587`);
    {
      await using database = await openDatabase(`sqlite:${join(cwd, ".waxseal", "waxseal.db")}`);
      expect(await createApiKeys({ database }).find(hashOf(secret))).toMatchObject({
        name: "my shop",
        settings: { allowedFrom: ["*@shop.example", "a@x.cn"], dailyLimit: 500 },
      });
    }
    const listed = await run(cwd, "api-key", "list");
    expect(listed.stdout).toMatch(/my shop.*\*@shop\.example, a@x\.cn.*500 a day.*active/);
    expect(listed.stdout).not.toContain(secret);

    await run(cwd, "api-key", "create", "codes", "--allow-critical");
    expect((await run(cwd, "api-key", "list")).stdout).toMatch(/codes.*default, may be critical.*active/);
    const quiet = await run(cwd, "api-key", "create", "other", "--quiet");
    expect(quiet.stdout).toMatch(/^wxs_[\w-]{43}\n$/);
    expect(await run(cwd, "api-key", "create", "other")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is a key "other" already'),
    });
    expect(await run(cwd, "api-key", "create", "x", "--per-day", "many")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--per-day: it is "many"; it must be a whole number'),
    });
    expect((await run(cwd, "api-key", "revoke", "my shop")).stdout).toContain("my shop: revoked.");
    expect((await run(cwd, "api-key", "list")).stdout).toMatch(/my shop.*revoked 20/);
    expect((await run(cwd, "api-key", "revoke", "oter")).stderr).toContain("Did you mean other?");
  },
);
