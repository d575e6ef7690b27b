/** The command line as a person meets it: it starts, says where, explains what is wrong, and stops. */
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

const free = { PORT: "0", WAXSEAL_SMTP_PORT: "0" };

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function finished(args: readonly string[], env: Record<string, string> = {}, cwd: string = tempFolder()) {
  const run = runCli(args, { cwd, env });
  const code = await run.ended;
  return { code, ...run.output() };
}

test("dev prints its addresses in a few lines and stops cleanly at Ctrl-C", async () => {
  const cwd = tempFolder();
  const run = runCli(["dev"], { cwd, env: free });
  const inbox = await run.printed(/(http:\S+\/inbox)/);
  expect((await fetch(inbox)).status).toBe(200);
  expect((await fetch(inbox.replace("/inbox", "/user/register"))).status).toBe(200);
  expect(run.output().stdout.trim().split("\n").length).toBeLessThan(12);
  run.child.kill("SIGINT");
  expect(await run.ended).toBe(0);
  expect(run.output().stderr).toBe("");
  expect(statSync(join(cwd, ".waxseal", "secret")).mode & 0o077).toBe(0);
});

test.each([
  ["--port", "port"],
  ["--smtp-port", "port"],
])("a port in use is named, with the flag %s that changes it", async (flag) => {
  const port = await takenPort();
  const { code, stderr } = await finished(
    ["dev", flag, String(port)],
    flag === "--port" ? { WAXSEAL_SMTP_PORT: "0" } : { PORT: "0" },
  );
  expect(code).toBe(1);
  expect(stderr).toContain(`port ${port} on 127.0.0.1 is in use`);
  expect(stderr).toContain(flag);
  expect(stderr).not.toContain("    at ");
});

test.each([
  [["--port", "PORT"], "port PORT on 127.0.0.1 is in use by another program. Choose another with --port (or PORT)."],
  [
    ["--port", "0", "--smtp-port", "PORT"],
    "port PORT on 127.0.0.1 is in use by another program. Choose another with --smtp-port",
  ],
  [["--port", "0", "--host", "nowhere.invalid"], "the host name nowhere.invalid does not exist."],
])("serve with %j says in one line why it cannot listen", async (args, message) => {
  const port = String(await takenPort());
  const cwd = tempFolder();
  const env = { SECRET_KEY: "a secret of more than sixteen", SITE_URL: "https://shop.example", EMAIL_URL: "dummy:" };
  await finished(["migrate"], env, cwd);
  const { code, stderr } = await finished(["serve", ...args.map((arg) => arg.replace("PORT", port))], env, cwd);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^waxseal: (?:web|submission)\.port: .*\n$/);
  expect(stderr).toContain(message.replace("PORT", port));
});

test.each([
  ["waxseal.config.mjs", "export default {"],
  ["waxseal.config.mjs", 'import "not-installed"; export default {};'],
])("a configuration file %s that cannot be loaded is named, without a stack", async (name, content) => {
  const cwd = tempFolder();
  writeFileSync(join(cwd, name), content);
  const { code, stderr } = await finished(["config", "print"], {}, cwd);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^waxseal: waxseal\.config: the file cannot be read: /);
  expect(stderr).toContain(join(cwd, name));
  expect(stderr).not.toContain("    at ");
});

test("the demo plays the journey, shows its times and the mail's headers, and exits 0", async () => {
  const { code, stdout } = await finished(["demo"]);
  for (const step of ["registered", "mail accepted", "link opened", "activated", "logged in"]) {
    expect(stdout).toMatch(new RegExp(`\\d+\\.\\d ms\\s+\\+\\d+\\.\\d\\s+${step}`));
  }
  expect(stdout).toMatch(/^Subject: Activate your Waxseal account$/m);
  expect(code).toBe(0);
});

test("a demo that cannot be played says why, and does not exit 0", async () => {
  const { code, stderr } = await finished(["demo"], { TMPDIR: "/nowhere/at/all" });
  expect(code).toBe(1);
  expect(stderr).toMatch(/The journey failed: .*\/nowhere\/at\/all/);
});

test("serve needs what only a deployment can know, and names all of it at once", async () => {
  const { code, stderr } = await finished(["serve"], free);
  expect(code).toBe(1);
  for (const setting of ["SECRET_KEY", "SITE_URL", "EMAIL_HOST"]) expect(stderr).toContain(`waxseal: ${setting}: `);
});

test("serve refuses a database whose migrations have not run; migrate runs them; then it serves", async () => {
  const cwd = tempFolder();
  const env = {
    ...free,
    SECRET_KEY: "a secret of more than sixteen",
    SITE_URL: "https://shop.example",
    EMAIL_URL: "console:",
  };
  const early = await finished(["serve"], env, cwd);
  expect(early.code).toBe(1);
  expect(early.stderr).toContain("waxseal migrate");
  expect((await finished(["migrate"], env, cwd)).stdout).toContain("0001-initial");
  expect((await finished(["migrate"], env, cwd)).stdout).toContain("up to date");
  const run = runCli(["serve"], { cwd, env });
  const url = await run.printed(/ at (http:\S+?)\. /);
  expect((await fetch(`${url}/user/login`)).status).toBe(200);
  expect((await fetch(`${url}/inbox`)).status).toBe(404); // the inbox is for development only
  run.child.kill("SIGTERM");
  expect(await run.ended).toBe(0);
});

test("config print shows each value with its source, and no secret", async () => {
  const cwd = tempFolder();
  writeFileSync(
    join(cwd, ".env"),
    "EMAIL_HOST=smtp.163.com\nEMAIL_HOST_USER=mac\nEMAIL_HOST_PASSWORD=ABCDEFGHIJKLMNOP\nPORT=1111\n",
  );
  writeFileSync(
    join(cwd, "waxseal.config.mjs"),
    'export default { siteName: "Shop", mailers: { bulk: { backend: "console" } } };\n',
  );
  writeFileSync(join(cwd, "key"), "a secret of more than sixteen\n");
  const { code, stdout } = await finished(
    ["config", "print"],
    { PORT: "2222", SECRET_KEY_FILE: join(cwd, "key") },
    cwd,
  );
  expect(code).toBe(0);
  const row = (path: string): string => stdout.split("\n").find((line) => line.trim().startsWith(`${path} `)) ?? "";
  expect(row("mailers.default.host")).toMatch(/smtp\.163\.com\s+EMAIL_HOST in \.env/);
  expect(row("mailers.default.password")).toMatch(/\*{8} \(16 characters\)\s+EMAIL_HOST_PASSWORD in \.env/);
  expect(row("web.port")).toMatch(/2222\s+PORT in the environment/);
  expect(row("secretKey")).toMatch(/\*{8} \(29 characters\)\s+SECRET_KEY_FILE in the environment/);
  expect(row("siteName")).toMatch(/Shop\s+waxseal\.config\.mjs/);
  expect(row("mailers.bulk.backend")).toMatch(/console\s+waxseal\.config\.mjs/);
  expect(row("outbox.leaseSeconds")).toMatch(/30\s+default/);
  expect(stdout).not.toContain("ABCDEFGHIJKLMNOP");
  expect(stdout).not.toContain("more than sixteen");
});

test.each([
  [{ EMAIL_HOTS: "x" }, "EMAIL_HOTS: there is no such setting. Did you mean EMAIL_HOST?"],
  [{ WAXSEAL_PROT: "1" }, "WAXSEAL_PROT: there is no such setting."],
  [
    { EMAIL_HOST: "h", EMAIL_USE_TLS: "true", EMAIL_USE_SSL: "true" },
    "EMAIL_USE_TLS: it is true, and so is EMAIL_USE_SSL",
  ],
  [{ EMAIL_HOST: "h", EMAIL_PORT: "smtp" }, 'EMAIL_PORT: it is "smtp"; it must be a port'],
  [{ DEFAULT_FROM_EMAIL: "mac" }, 'DEFAULT_FROM_EMAIL: it is "mac"; it must be one address'],
  [{ EMAIL_URL: "smtp+ssl://h" }, "EMAIL_URL: it begins with smtp+ssl://"],
  [{ EMAIL_HOST_PASSWORD_FILE: "/nowhere/at/all" }, "EMAIL_HOST_PASSWORD_FILE: the file cannot be read"],
  [{ SECRET_KEY: "short" }, "SECRET_KEY: it must have 16 characters or more"],
  [{ DATABASE_URL: "mysql://u:hunter2@h/d" }, 'DATABASE_URL: it is "mysql://***@h/d"'],
])("a wrong setting %j stops dev at the start, before anything is written", async (env, message) => {
  const cwd = tempFolder();
  const { code, stderr } = await finished(["dev"], { ...free, ...env } as Record<string, string>, cwd);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("hunter2");
  expect(() => readFileSync(join(cwd, ".waxseal", "waxseal.db"))).toThrow(/ENOENT/);
});
