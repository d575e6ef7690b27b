/** Promise 1: a process killed between the form and the delivery loses no mail. Real processes, a real `kill -9`. */
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { createVisitor } from "../../src/cli/visitor.ts";
import { openDatabase } from "../../src/db/index.ts";
import { findLink, listenMailbox } from "../../src/testing/index.ts";
import { runCli } from "../support/run-cli.ts";
import { mac, macsLogin } from "../support/start-site.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** A mail server that takes connections and says nothing, so that the delivery is under way for as long as the test wants. */
async function silentServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => {}))).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return { port: (server.address() as AddressInfo).port, connected: once(server, "connection"), close };
}

test(
  "kill -9 while the mail is on its way: after the restart it arrives, once, and its link works",
  { timeout: 60_000 },
  async () => {
    const cwd = tempFolder();
    const silent = await silentServer();
    const env = {
      PORT: "0",
      WAXSEAL_SMTP_PORT: "0",
      EMAIL_HOST: "127.0.0.1",
      EMAIL_PORT: String(silent.port),
      DEFAULT_FROM_EMAIL: "mac <mac@163.com>",
      WAXSEAL_LEASE_SECONDS: "1",
    };

    const first = runCli(["dev"], { cwd, env });
    const site = (await first.printed(/(http:\S+)\/user\/register/)).trim();
    const visitor = createVisitor();
    const registered = await visitor.submit(await visitor.open(`${site}/user/register`), mac);
    expect(registered.status).toBe(200);
    await silent.connected; // the worker has the message in its hands
    first.child.kill("SIGKILL");
    expect(await first.ended).toBe("SIGKILL");

    // What the crash left, seen by another process: the user, and the message under a lease that nobody renews.
    {
      await using database = await openDatabase(`sqlite:${join(cwd, ".waxseal", "waxseal.db")}`);
      const rows = await database.kysely
        .selectFrom("outbox_messages")
        .select(["attempts", "lease_owner", "due_at"])
        .execute();
      expect(rows).toMatchObject([{ attempts: 0, lease_owner: expect.any(String), due_at: expect.any(Number) }]);
      expect(await database.kysely.selectFrom("users").select("username").execute()).toEqual([{ username: "mac" }]);
    }

    await silent.close();
    await using mailbox = await listenMailbox({ port: silent.port });
    const second = runCli(["dev"], { cwd, env });
    const mail = await mailbox.waitFor({ to: mac.email }, { timeoutMs: 30_000 });
    const siteAgain = (await second.printed(/(http:\S+)\/user\/register/)).trim();
    const path = new URL(findLink(mail, "/user/active/") ?? "").pathname;
    const login = await visitor.submit(await visitor.open(`${siteAgain}${path}`), {});
    const home = await visitor.submit(login, macsLogin, "/user/login");
    expect(home.html).toContain("mac");

    second.child.kill("SIGTERM");
    expect(await second.ended).toBe(0);
    expect(await mailbox.mails()).toHaveLength(1);
  },
);
