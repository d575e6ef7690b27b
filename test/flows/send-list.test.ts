/** `waxseal send --csv`, as a process that is killed, interrupted and run again: each address gets one mail. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { type CliProcess, runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";

interface Delivery {
  address: string;
  messageId: string;
  hash: string;
}

/** A mail server that keeps the books. */
async function startSink(): Promise<{ port: number; deliveries: Delivery[] }> {
  const deliveries: Delivery[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    onData: (stream, session, answer) => {
      buffer(stream).then((bytes) => {
        const address = session.envelope.rcptTo[0]?.address ?? "";
        const messageId = /^Message-ID: (.+)\r$/m.exec(bytes.toString("latin1"))?.[1] ?? "";
        deliveries.push({ address, messageId, hash: createHash("sha256").update(bytes).digest("hex") });
        answer();
      }, answer); // a client that was killed in the middle
    },
  });
  server.on("error", () => {}); // a client that was killed
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, deliveries };
}

let folder: string;

beforeEach(() => {
  folder = tempFolder();
  mkdirSync(join(folder, "templates/news"), { recursive: true });
  writeFileSync(join(folder, "templates/news/subject.txt"), "News for {{ name }}\n");
  writeFileSync(join(folder, "templates/news/body.txt"), "Dear {{ name }}\n");
  writeFileSync(join(folder, "templates/news/body.html"), "<p>Dear {{ name }}\n");
});

/** People in a file, with an address that is none and one that is there twice among every hundred. */
function writeList(count: number): void {
  let text = "email,name\n";
  for (let n = 0; n < count; n++) {
    text += `p${n}@example.com,"P, ${n}"\n`;
    if (n % 100 === 0) text += `nobody,N\nP${n}@EXAMPLE.com,again\n`;
  }
  writeFileSync(join(folder, "list.csv"), text);
}

async function waxseal(port: number): Promise<(...args: string[]) => CliProcess> {
  const env = {
    EMAIL_HOST: "127.0.0.1",
    EMAIL_PORT: String(port),
    DEFAULT_FROM_EMAIL: "shop@example.com",
    DATABASE_URL: "sqlite:test.db",
    WAXSEAL_LEASE_SECONDS: "2",
  };
  const start = (...args: string[]): CliProcess => runCli(args, { cwd: folder, env });
  expect(await start("migrate").ended).toBe(0);
  return start;
}

const sendNews = ["send", "--csv", "list.csv", "--template", "news"];

test("killed again and again, the same command gives each address one mail", async () => {
  const { port, deliveries } = await startSink();
  const start = await waxseal(port);
  writeList(1500);
  const kills = 3;
  for (let kill = 0; kill < kills; kill++) {
    const before = deliveries.length;
    const running = start(...sendNews);
    await until(() => deliveries.length > before + 100);
    running.child.kill("SIGKILL");
    expect(await running.ended).toBe("SIGKILL");
  }
  const last = start(...sendNews);
  expect(await last.ended, last.output().stderr).toBe(2);
  expect(last.output().stdout).toMatch(/list +1,530 read: 1,500 queued, 15 repeated, 15 refused\n.*1,500 sent\n/);

  const idsOf = new Map<string, Set<string>>();
  for (const { address, messageId } of deliveries) {
    idsOf.set(address, (idsOf.get(address) ?? new Set()).add(messageId));
  }
  expect(idsOf.size).toBe(1500);
  expect([...idsOf.values()].filter((ids) => ids.size !== 1)).toEqual([]);
  // What was under way at a kill goes twice, and is the same mail then, byte for byte.
  expect(deliveries.length - 1500).toBeLessThanOrEqual(kills * 32);
  expect(new Set(deliveries.map(({ hash }) => hash)).size).toBe(1500);
}, 180_000);

test("Ctrl-C pauses, the same command goes on, and a changed file is refused", async () => {
  const { port, deliveries } = await startSink();
  const start = await waxseal(port);
  writeList(1500);
  const running = start(...sendNews);
  await until(() => deliveries.length > 100);
  running.child.kill("SIGINT");
  expect(await running.ended).toBe(130);
  expect(running.output().stdout).toMatch(/news-list: paused\n.*\n +messages +[\d,]+ sent, [\d,]+ held\nPaused\./);
  const sent = deliveries.length;
  expect(sent).toBeLessThan(1500);

  const status = start("send", "status", "news-list");
  expect(await status.ended).toBe(0);
  expect(status.output().stdout).toContain("news-list: paused");

  writeList(1501);
  const changed = start(...sendNews);
  expect(await changed.ended).toBe(1);
  expect(changed.output().stderr).toContain("began with another list");

  writeList(1500);
  expect(await start(...sendNews).ended).toBe(2);
  expect(new Set(deliveries.map(({ address }) => address)).size).toBe(1500);
  expect(deliveries).toHaveLength(1500);
}, 120_000);

test("what is only enqueued is cancelled from another terminal, and nothing of it is sent", async () => {
  const { port, deliveries } = await startSink();
  const start = await waxseal(port);
  writeList(10);
  const enqueued = start(...sendNews, "--enqueue-only", "--name", "later", "--limit", "5");
  await enqueued.ended;
  expect(enqueued.output().stdout).toMatch(/messages +3 waiting/);
  const cancelled = start("send", "cancel", "later");
  expect(await cancelled.ended).toBe(0);
  expect(cancelled.output().stdout).toMatch(/later: cancelled\n.*\n +messages +3 cancelled/);
  const again = start(...sendNews, "--name", "later", "--limit", "5");
  expect(await again.ended).toBe(1);
  expect(again.output().stderr).toContain("was cancelled");
  const unknown = start("send", "status", "latr");
  expect(await unknown.ended).toBe(1);
  expect(unknown.output().stderr).toContain('There is no run "latr". There are: later.');
  expect(deliveries).toEqual([]);
}, 60_000);

test("a dry run shows the first mail and every bad line, and sends nothing", async () => {
  const { port, deliveries } = await startSink();
  const start = await waxseal(port);
  writeList(200);
  const dry = start(...sendNews, "--dry-run");
  expect(await dry.ended).toBe(2);
  const { stdout, stderr } = dry.output();
  expect(stdout).toMatch(/Subject +News for P, 0\n\n +Dear P, 0\n/);
  expect(stdout).toContain("204 read: 200 would be sent, 2 repeated, 2 refused. Nothing was sent.");
  expect(stderr).toContain('skipped list.csv:3: to: "nobody" has no @');
  expect(deliveries).toEqual([]);
}, 30_000);

test("one mail is sent at once, and says what the server said", async () => {
  const { port, deliveries } = await startSink();
  const start = await waxseal(port);
  const one = start("send", "--to", "ann@example.com", "--template", "news", "--set", "name=Ann");
  expect(await one.ended).toBe(0);
  expect(one.output().stdout).toMatch(/^Sent to ann@example\.com by 127\.0\.0\.1:\d+: 250 /);
  expect(deliveries).toMatchObject([{ address: "ann@example.com" }]);
  for (const [args, problem] of [
    [["send"], "--to: who gets it?"],
    [["send", "--csv", "list.csv"], "--template: it is missing"],
    [["send", "--to", "a@x.cn", "--dry-run"], "--dry-run: it is for a list"],
    [["send", "--csv", "list.csv", "--template", "news", "--to", "a@x.cn"], "--to: it is for one mail"],
    [["send", "--csv", "none.csv", "--template", "news"], "none.csv: it cannot be read: ENOENT"],
    [["send", "--to", "a@x.cn", "--template", "none"], "templates/none: there is no such template"],
  ] as const) {
    const wrong = start(...args);
    expect(await wrong.ended, args.join(" ")).toBe(1);
    expect(wrong.output().stderr).toContain(problem);
  }
}, 60_000);
