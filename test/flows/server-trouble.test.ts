/** A mail server that is down, hangs or refuses: the page answers at once, and the mail leaves when it can. */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { SMTPServer } from "smtp-server";
import { createVisitor } from "../../src/cli/visitor.ts";
import type { Development } from "../../src/development.ts";
import { listenMailbox } from "../../src/testing/index.ts";
import { mac, startSite } from "../support/start-site.ts";
import { until } from "../support/until.ts";

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const siteSendingTo = (port: number, timeoutSeconds = 5): Promise<Development> =>
  startSite({
    mailers: { default: { backend: "smtp", host: "127.0.0.1", port, security: "none", timeoutSeconds } },
    outbox: { retrySeconds: 0.2 },
  });

async function register(site: Development): Promise<void> {
  const visitor = createVisitor();
  const page = await visitor.submit(await visitor.open(`${site.url}/user/register`), mac);
  expect(page.status).toBe(200);
  expect(page.html).toContain(mac.email);
}

const firstMessage = async (site: Development) => {
  const [summary] = await site.waxseal.outbox.list();
  return summary && site.waxseal.outbox.get(summary.id);
};

test("a server that is down: the page answers, and the mail leaves when the server is back", async () => {
  const port = await freePort();
  const site = await siteSendingTo(port);
  await register(site);
  const deferred = await until(async () => {
    const message = await firstMessage(site);
    return message?.state === "deferred" && message;
  });
  expect(deferred.history[0]).toMatchObject({ outcome: "deferred", stage: "connect", server: `127.0.0.1:${port}` });

  await using mailbox = await listenMailbox({ port });
  const mail = await mailbox.waitFor({ to: mac.email });
  expect(mail.text).toContain("/user/active/");
  expect(await mailbox.mails()).toHaveLength(1);
});

test("a server that hangs: the page does not wait for it, and the attempt ends at its deadline", async () => {
  const sockets = new Set<Socket>();
  const silent: Server = createServer((socket) => sockets.add(socket)).listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const site = await siteSendingTo((silent.address() as AddressInfo).port, 0.3);
  await register(site); // answered while the worker still waits for a greeting
  expect((await firstMessage(site))?.history).toEqual([]);
  const deferred = await until(async () => {
    const message = await firstMessage(site);
    return message !== undefined && message.history.length > 0 && message;
  });
  expect(deferred.history[0]).toMatchObject({ outcome: "deferred", stage: "greeting" });
});

test("a server that refuses the recipient: the message fails at once, with the server's words", async () => {
  const refusing = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    onRcptTo: (_address, _session, answer) =>
      answer(Object.assign(new Error("5.1.1 User unknown"), { responseCode: 550 })),
  });
  refusing.listen(0, "127.0.0.1");
  await new Promise((resolve) => refusing.server.once("listening", resolve));
  onTestFinished(() => new Promise<void>((resolve) => refusing.close(() => resolve())));
  const site = await siteSendingTo((refusing.server.address() as AddressInfo).port);
  await register(site);
  const failed = await until(async () => {
    const message = await firstMessage(site);
    return message?.state === "failed" && message;
  });
  expect(failed.attempts).toBe(1);
  expect(failed.nextAttemptAt).toBeUndefined();
  expect(failed.history[0]).toMatchObject({ outcome: "failed", stage: "rcpt", code: 550 });
  expect(failed.recipients[0]?.detail).toContain("User unknown");
});
