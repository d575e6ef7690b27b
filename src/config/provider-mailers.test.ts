import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listenHttpProvider } from "../../test/support/http-provider.ts";
import { PLAIN, PLAIN_ENVELOPE } from "../../test/support/rich-message.ts";
import { tempFolder } from "../../test/support/temp-folder.ts";
import { silentLogger } from "../base/index.ts";
import { createBackend } from "./backend.ts";
import { requireConfig } from "./define.ts";
import { ConfigError } from "./errors.ts";
import { fromEnv } from "./from-env.ts";
import { isSecretPath } from "./settings.ts";
import type { WaxsealConfig } from "./types.ts";

function problemsOf(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ setting, problem }) => `${setting}: ${problem}`);
    throw error;
  }
  return [];
}

test.each([
  [
    { EMAIL_BACKEND: "resend", EMAIL_API_KEY: "re_1", EMAIL_TIMEOUT: "5" },
    { backend: "resend", apiKey: "re_1", timeoutSeconds: 5 },
  ],
  [
    { EMAIL_BACKEND: "mailgun", EMAIL_API_KEY: "k", EMAIL_API_DOMAIN: "mg.example.com", EMAIL_HOST: "stays.example" },
    { backend: "mailgun", apiKey: "k", domain: "mg.example.com" },
  ],
  [
    { EMAIL_BACKEND: "ses", EMAIL_ACCESS_KEY_ID: "A", EMAIL_SECRET_ACCESS_KEY: "s/+", EMAIL_REGION: "eu-west-1" },
    { backend: "ses", accessKeyId: "A", secretAccessKey: "s/+", region: "eu-west-1" },
  ],
  [
    { EMAIL_BACKEND: "tencent", EMAIL_ACCESS_KEY_ID: "A", EMAIL_SECRET_ACCESS_KEY: "s" },
    { backend: "tencent", accessKeyId: "A", secretAccessKey: "s" },
  ],
])("a provider is chosen by the environment: %j", (env, mailer) => {
  const config = fromEnv(env).mailers?.["default"];
  expect(config).toEqual(mailer);
  if (config === undefined) throw new Error("there is no mailer");
  expect(createBackend(config, "mailers.default", silentLogger).send).toBeTypeOf("function");
});

test("what a provider cannot do without is missing by its environment name, and a key is never shown", () => {
  const wrong = {
    mailers: {
      default: { backend: "ses" },
      broken: { backend: "resend", apiKey: "re_secret\n" },
      other: { backend: "postmark", apiKey: "x", domain: "mg.example.com" },
    },
  } as unknown as WaxsealConfig;
  expect(problemsOf(() => requireConfig(wrong))).toEqual([
    "mailers.default.accessKeyId: it is missing. Set it, or EMAIL_ACCESS_KEY_ID in the environment.",
    "mailers.default.secretAccessKey: it is missing. Set it, or EMAIL_SECRET_ACCESS_KEY in the environment.",
    "mailers.default.region: it is missing. Set it, or EMAIL_REGION in the environment.",
    "mailers.broken.apiKey: it must be one word of visible ASCII, with nothing before or after it.",
    "mailers.other.domain: the backend postmark does not take it. Remove it, or choose mailgun (backend, EMAIL_BACKEND).",
  ]);
});

test("a key may stand in a file", async () => {
  const file = join(tempFolder(), "key");
  writeFileSync(file, "re_from_file\n");
  const provider = await listenHttpProvider({ status: 200, body: { id: "1" } });
  const env = { EMAIL_BACKEND: "resend", EMAIL_API_KEY_FILE: file, EMAIL_API_URL: provider.url };
  const config = fromEnv(env).mailers?.["default"];
  if (config === undefined) throw new Error("there is no mailer");
  await createBackend(config, "mailers.default", silentLogger).send(PLAIN_ENVELOPE, PLAIN);
  expect(provider.requests[0]?.headers["authorization"]).toBe("Bearer re_from_file");
});

test("keys count as secrets", () => {
  for (const option of ["apiKey", "secretAccessKey", "sessionToken", "password"]) {
    expect(isSecretPath(`mailers.bulk.${option}`)).toBe(true);
  }
  expect(isSecretPath("mailers.default.accessKeyId")).toBe(false);
});
