import { expect, onTestFinished, test } from "vitest";
import type { Mail } from "../mail/index.ts";
import { type FakeProvider, startFakeProvider } from "../testing/index.ts";
import { until } from "../../test/support/until.ts";
import { requireConfig } from "./define.ts";
import { type Environment, fromEnv } from "./from-env.ts";
import { createMailFromConfig } from "./mail-from-config.ts";
import type { SmtpMailerConfig, WaxsealConfig } from "./types.ts";

const defaultFromEmail = "shop@example.com";

async function fakeServer(): Promise<FakeProvider> {
  const server = await startFakeProvider({ profile: "postfix" });
  onTestFinished(() => server.close());
  return server;
}

function mailBy(mailers: WaxsealConfig["mailers"] = {}): Mail {
  const mail = createMailFromConfig({ mailers, defaultFromEmail });
  onTestFinished(() => mail.mailers.close());
  return mail;
}

const mailTo = ({ host, port }: FakeProvider, options: Partial<SmtpMailerConfig>): Mail =>
  mailBy({ default: { backend: "smtp", host, port, security: "none", ...options } });

const sendSeven = (mail: Mail): Promise<unknown> =>
  Promise.all(Array.from({ length: 7 }, (_, index) => mail.send({ to: [`u${index}@example.com`], text: "World" })));

test("after maxMessagesPerConnection messages the mailer goes on by a new connection", async () => {
  const server = await fakeServer();
  await sendSeven(mailTo(server, { maxConnections: 1, maxMessagesPerConnection: 2 }));
  expect(server.counts).toMatchObject({ connections: 4, messages: 7 });
});

test("without it one connection carries them all", async () => {
  const server = await fakeServer();
  await sendSeven(mailTo(server, { maxConnections: 1 }));
  expect(server.counts).toMatchObject({ connections: 1, messages: 7 });
});

test("both come from the environment", async () => {
  const server = await fakeServer();
  const numbers = { EMAIL_MAX_CONNECTIONS: "1", EMAIL_MAX_MESSAGES_PER_CONNECTION: "3" };
  await sendSeven(mailBy(fromEnv({ EMAIL_HOST: server.host, EMAIL_PORT: String(server.port), ...numbers }).mailers));
  expect(server.counts).toMatchObject({ connections: 3, messages: 7 });
});

test("a connection without work closes after idleTimeoutSeconds; any fraction of a second will do", async () => {
  const server = await fakeServer();
  const mail = mailTo(server, { idleTimeoutSeconds: 0.0201, timeoutSeconds: 2.01 });
  await mail.send({ to: ["ann@example.com"], text: "World" });
  await until(() => mail.mailers.get("default").connections?.().open === 0);
  expect(server.counts).toMatchObject({ connections: 1, messages: 1 });
});

test.each([
  [{ maxMessagesPerConnection: 0 }, "maxMessagesPerConnection: it is 0; it must be a whole number from 1 up."],
  [{ maxConnections: 2.5 }, "maxConnections: it is 2.5; it must be a whole number from 1 up."],
  [{ pipelining: "fast" }, 'pipelining: it is "fast"; it must be one of one, pipe, chain, chunk.'],
  [{ maxMessages: 5 }, "maxMessages: there is no such option. Did you mean maxMessagesPerConnection?"],
])("%o is refused by its name", (options, words) => {
  const mailer = { backend: "smtp", host: "h", ...options } as SmtpMailerConfig;
  expect(() => requireConfig({ mailers: { default: mailer } })).toThrow(`mailers.default.${words}`);
});

test.each([
  [{ EMAIL_MAX_MESSAGES_PER_CONNECTION: "many" }, /EMAIL_MAX_MESSAGES_PER_CONNECTION: it is "many"; it must be/],
  [
    { EMAIL_MAX_CONNECTION: "2" },
    /EMAIL_MAX_CONNECTION: there is no such setting\. Did you mean EMAIL_MAX_CONNECTIONS\?/,
  ],
] as [Environment, RegExp][])("%o is refused by its name", (env, words) => {
  expect(() => fromEnv({ EMAIL_HOST: "h", ...env })).toThrow(words);
});
