/** Django 6.1's tests of its mailers by name. */
import { expect, test } from "vitest";
import { ConfigError, createMailFromConfig, defineConfig, type MailerConfig } from "../../src/index.ts";
import { createMailers, dummyBackend, MailerError, type Mailers, memoryBackend } from "../../src/mail/index.ts";

const mailersOf = (mailers: Record<string, MailerConfig>): Mailers =>
  createMailFromConfig({ mailers, defaultFromEmail: "webmaster@example.com" }).mailers;

test("MailersTests.test_getitem, MailersTests.test_default_property: by alias, and the default one without", () => {
  const [memory, custom] = [memoryBackend(), memoryBackend()];
  const mailers = createMailers({ default: memory, custom });
  expect([mailers.get("default"), mailers.get(), mailers.default, mailers.get("custom")]).toEqual([
    memory,
    memory,
    memory,
    custom,
  ]);
  expect(mailers.get("custom")).toBe(custom);
  expect(() => mailers.get("unknown")).toThrow(MailerError);
});

test("MailersTests.test_contains, MailersTests.test_iter: which there are, in their order", () => {
  const mailers = createMailers({ one: dummyBackend(), two: dummyBackend(), three: dummyBackend() });
  expect([mailers.has("two"), mailers.has("zero")]).toEqual([true, false]);
  expect([...mailers]).toEqual(["one", "two", "three"]);
});

test("MailersTests.test_get: with something to answer in place of an error", () => {
  const [memory, other] = [memoryBackend(), memoryBackend()];
  const mailers = createMailers({ default: memory });
  expect(mailers.get("default", other)).toBe(memory);
  expect(mailers.get("unknown", other)).toBe(other);
});

test("MailersTests.test_empty_is_not_configured, MailersTests.test_default_not_required: without a default the others work", () => {
  expect(() => createMailers({}).default).toThrow("none is configured");
  expect([...createMailers({})]).toEqual([]);
  const custom = dummyBackend();
  const mailers = createMailers({ custom });
  expect(mailers.get("custom")).toBe(custom);
  expect(() => mailers.default).toThrow('There is no mailer "default"; the configured ones are custom.');
});

test("MailersTests.test_custom_backend: any object that sends", () => {
  const own = dummyBackend();
  expect(mailersOf({ default: own }).default).toBe(own);
});

test("MailersTests.test_invalid_backend: a backend that does not exist is refused with those that do", () => {
  const mailers = { custom: { backend: "foo.bar" } } as unknown as Record<string, MailerConfig>;
  expect(() => mailersOf(mailers)).toThrow(/^mailers\.custom\.backend: it is "foo\.bar"; it must be one of smtp, /);
});

test("MailersTests.test_options_are_provided_to_backend_init, MailersTests.test_unknown_options: options reach the backend, and what it does not know is refused by name", () => {
  const smtp = (options: object): Record<string, MailerConfig> => ({
    custom: { backend: "smtp", host: "smtp.example.com", ...options },
  });
  expect(() => mailersOf(smtp({ security: "starttls-if-offered" }))).not.toThrow();
  expect(() => mailersOf(smtp({ hots: "x" }))).toThrow(
    /^mailers\.custom\.hots: there is no such option\. Did you mean host\?/,
  );
  expect(() => mailersOf(smtp({ path: "x" }))).toThrow(/^mailers\.custom\.path: the backend smtp does not take it/);
});

test("MailersTests.test_alias_is_invalid_option: the alias is the key and no option", () => {
  const mailers = { custom: { backend: "dummy" as const, alias: "imposter" } };
  expect(() => defineConfig({ mailers })).toThrow(ConfigError);
});

test("MailersTests.test_does_not_exist_is_limited_purpose, MailersTests.test_does_not_exist_is_key_error: a missing mailer has a code of its own, and names the alias", () => {
  expect(() => createMailers({}).get("unknown")).toThrow(
    expect.objectContaining({ code: "WX_MAILER_UNKNOWN", alias: "unknown" }),
  );
});
