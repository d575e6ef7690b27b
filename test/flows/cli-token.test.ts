/** `waxseal token` as a person types it: every kind of token, secrets from files and the environment, refusals in one line. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dumps } from "../../src/signing/django/index.ts";
import { TimedJSONWebSignatureSerializer, URLSafeTimedSerializer } from "../../src/signing/index.ts";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

const OLD = "the old secret of thirty-two bytes or more";
const NEW = "the new secret of thirty-two bytes or more";

/** Runs a command in a folder that has both secrets in files. */
async function token(args: readonly string[], env: Record<string, string> = { SECRET_KEY: OLD }) {
  const folder = tempFolder();
  writeFileSync(join(folder, "old.key"), `${OLD}\n`);
  writeFileSync(join(folder, "new.key"), `${NEW}\n`);
  const run = runCli(["token", ...args], { cwd: folder, env });
  const code = await run.ended;
  const { stdout, stderr } = run.output();
  return { code, out: stdout.trimEnd(), err: stderr.trimEnd() };
}

const value = '{"confirm":42,"name":"中","9":9007199254740993}';

test.each(["timed-jws", "jws", "url-safe-timed", "url-safe", "timed", "plain", "django"])(
  "%s: what dumps writes, loads reads, rotate signs anew and inspect explains",
  async (format) => {
    const made = await token(["dumps", value, "--format", format]);
    expect(made).toMatchObject({ code: 0, err: "" });
    expect(await token(["loads", "--format", format, "--", made.out])).toEqual({ code: 0, out: value, err: "" });

    const keys = ["--secret-file", "old.key", "--secret-file", "new.key"];
    const { out: rotated } = await token(["rotate", "--format", format, ...keys, "--", made.out]);
    const read = await token(["loads", "--format", format, "--secret-file", "new.key", "--", rotated]);
    expect(read).toEqual({ code: 0, out: value, err: "" });
    const refused = await token(["loads", "--format", format, "--secret-file", "old.key", "--", rotated]);
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toMatch(/WX_BAD(?:_TIME)?_SIGNATURE/);

    const before = (await token(["inspect", ...keys, "--", made.out])).out;
    const after = (await token(["inspect", ...keys, "--", rotated])).out;
    expect(before).toContain("good, by secret 1 of 2");
    expect(after).toBe(before.replace("by secret 1 of 2", "by secret 2 of 2"));
  },
);

test("inspect needs no secret, and says what it did not check", async () => {
  const text = new TimedJSONWebSignatureSerializer(OLD, { now: () => 1_767_254_400, expiresIn: 600 }).dumps({ a: 1 });
  const { code, out } = await token(["inspect", text], {});
  expect(code).toBe(0);
  expect(out.split("\n")).toEqual([
    "format     TimedJSONWebSignatureSerializer",
    'header     {"alg":"HS512","iat":1767254400,"exp":1767255000}',
    'payload    {"a":1}',
    "made       2026-01-01T08:00:00Z",
    "ends       2026-01-01T08:10:00Z",
    "signature  not checked: there is no secret (SECRET_KEY or --secret-file)",
  ]);
  expect((await token(["inspect", text])).out).toContain(
    "good, by the secret with the default salt, but the token has expired",
  );
});

test("compressed payloads are shown too", async () => {
  const long = { text: "again and ".repeat(50) };
  for (const text of [new URLSafeTimedSerializer(OLD).dumps(long), dumps(long, { key: OLD, compress: true })]) {
    expect(text).toMatch(/^\./);
    expect((await token(["inspect", "--", text])).out).toContain(`payload    ${JSON.stringify(long)}`);
  }
});

test("a flag takes one file, so that the token may stand behind it", async () => {
  const { out } = await token(["dumps", "--secret-file", "new.key", "[1]"]);
  expect(await token(["loads", "--secret-file", "old.key", "--secret-file", "new.key", out])).toMatchObject({
    out: "[1]",
  });
});

test("inspect obeys nothing that a stranger's token says to the terminal", async () => {
  const forged = "x\u001b]0;t\u0007\nsignature  good, by the secret\u009b.abc";
  const { out } = await token(["inspect", "--", forged], {});
  expect(out.split("\n")).toEqual([
    "format     Serializer",
    "payload    x\\u001b]0;t\\u0007\\nsignature  good, by the secret\\u009b",
    "signature  not checked: there is no secret (SECRET_KEY or --secret-file)",
  ]);
});

test("a value is printed as JSON that a terminal cannot obey", async () => {
  const { out } = await token(["dumps", '"\\u009b31m\\u001b"']);
  expect((await token(["loads", out])).out).toBe('"\\u009b31m\\u001b"');
});

test("an expired token and one of another salt end with status 1, and the code that says why", async () => {
  const serializer = new URLSafeTimedSerializer(OLD, { salt: "unsubscribe", now: () => 1_700_000_000 });
  const text = serializer.dumps(42);
  const flags = ["--format", "url-safe-timed", "--", text];
  expect((await token(["loads", "--salt", "unsubscribe", ...flags])).out).toBe("42");
  expect((await token(["loads", "--salt", "unsubscribe", "--max-age", "60", ...flags])).err).toContain(
    "WX_SIGNATURE_EXPIRED",
  );
  expect(await token(["loads", ...flags])).toMatchObject({ code: 1, out: "" });
});

test.each([
  [["dumps", "{"], "waxseal: value: it is not JSON"],
  [["dumps", "1", "--format", "jwt"], 'waxseal: --format: there is no format "jwt". Did you mean jws?'],
  [["loads", "x", "--max-age", "soon"], "It must be a whole number of seconds."],
  [["loads", "x", "--secret-file", "absent.key"], "waxseal: --secret-file: it cannot be read: ENOENT"],
])("%j is refused with what is wrong", async (args, message) => {
  const { code, err } = await token(args);
  expect(code).toBe(1);
  expect(err).toContain(message);
  expect(err).not.toContain("    at ");
});

test("without a secret it says where one may come from, and takes none as an argument", async () => {
  const { code, err } = await token(["dumps", "1"], {});
  expect(code).toBe(1);
  expect(err).toBe(
    "waxseal: SECRET_KEY: it is not set. Set it in the environment or .env, or give --secret-file; a secret is never an argument",
  );
});
