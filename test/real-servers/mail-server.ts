/** Starts a real mail server of Debian's on loopback, with a root, users and a spool of its own, and reads what it delivered. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { type Configuration, configurations, type ServerName } from "./configurations.ts";

/** Tests and benchmarks run in the repository's root. */
const here = join(process.cwd(), "test/real-servers");
const unpacked = process.env["WAXSEAL_MAIL_SERVERS"] ?? join(here, "../../.mail-servers");

/** A running server that takes mail for anyone at example.test. */
export interface MailServer extends AsyncDisposable {
  readonly port: number;
  /** How many messages it has delivered so far. */
  count(): Promise<number>;
  /** Every message delivered so far, as it lies in the mailbox. */
  delivered(): Promise<Buffer[]>;
  /** What the server wrote about itself, for a failure's report. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** Mounts and processes of its own, so that both end with the first process. */
const NAMESPACES = ["--mount", "--pid", "--fork", "--kill-child"];

let possible: string | undefined;

/** Why a server cannot be had on this machine; undefined when it can. */
export function whyNoServer(name: ServerName): string | undefined {
  const folder = folderOf(name);
  const needed = name === "dovecot-imap" ? "usr/lib/dovecot/imap" : ".complete";
  if (!existsSync(join(folder, needed))) return `${name} is not unpacked (test/real-servers/fetch.sh)`;
  possible ??= overlayProblem();
  return possible === "" ? undefined : possible;
}

/** Dovecot is there once, and serves either protocol. */
function folderOf(name: ServerName): string {
  return join(unpacked, name.replace(/-imap$/, ""));
}

/** Only root may lay one tree over another, and not in every container. */
function overlayProblem(): string {
  const script =
    'd=$(mktemp -d); mount -t tmpfs t "$d" && mkdir "$d/u" "$d/w" "$d/m" && mount -t overlay o -o "lowerdir=/,upperdir=$d/u,workdir=$d/w" "$d/m"';
  try {
    execFileSync("unshare", [...NAMESPACES, "sh", "-c", script], { stdio: "ignore" });
    return "";
  } catch {
    return "this machine does not let us make a root folder for it";
  }
}

/** Starts a server in `folder`, an empty one. */
export async function startMailServer(name: ServerName, folder: string, relayPort = 0): Promise<MailServer> {
  const port = await freePort();
  const configuration = configurations[name](port, relayPort);
  await layOut(folder, configuration);
  const child = spawn(
    "unshare",
    [...NAMESPACES, join(here, "in-root.sh"), folderOf(name), folder, ...configuration.command],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const output: Buffer[] = [];
  child.stdout.on("data", (bytes: Buffer) => output.push(bytes));
  child.stderr.on("data", (bytes: Buffer) => output.push(bytes));
  const stop = (): Promise<void> => stopped(child);
  const log = async (): Promise<string> => {
    const files = (await readdir(folder)).filter((file) => file.endsWith("log"));
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    return [Buffer.concat(output), ...texts].join("\n");
  };
  try {
    await greeting(port, child);
  } catch (cause) {
    await stop();
    throw new Error(`${name} did not start: ${await log()}`, { cause });
  }
  const maildir = join(folder, "maildir");
  const count = async (): Promise<number> => (await mailsIn(maildir)).length;
  const delivered = async (): Promise<Buffer[]> => Promise.all((await mailsIn(maildir)).map((file) => readFile(file)));
  return { port, count, delivered, log, stop, [Symbol.asyncDispose]: stop };
}

async function layOut(folder: string, { files, setup }: Configuration): Promise<void> {
  await mkdir(join(folder, "maildir"), { recursive: true });
  // The servers deliver as users of their own.
  for (const path of [folder, join(folder, "maildir")]) await chmod(path, 0o777);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await writeFile(join(folder, "setup.sh"), `set -e\n${setup}`);
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  // The first process of the namespace takes all others with it; some servers shake off the signal of `--kill-child`.
  const first = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").catch(() => "");
  for (const pid of first.split(" ").filter(Boolean)) process.kill(Number(pid), "SIGKILL");
  child.kill("SIGKILL");
  await exited;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until the server greets. */
async function greeting(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt++) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    if (await greets(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("no greeting within 15 seconds");
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.setTimeout(2000);
    const settle = (greeted: boolean): void => {
      socket.destroy();
      resolve(greeted);
    };
    socket.once("data", (bytes) => settle(/^(?:220|\* OK)/.test(bytes.toString("latin1"))));
    socket.once("error", () => settle(false)).once("timeout", () => settle(false));
  });
}

async function mailsIn(maildir: string): Promise<string[]> {
  const files = await readdir(maildir, { recursive: true, withFileTypes: true });
  const mails = files.filter((file) => file.isFile() && /\/(?:new|cur)$/.test(file.parentPath));
  return mails.map((file) => join(file.parentPath, file.name));
}
