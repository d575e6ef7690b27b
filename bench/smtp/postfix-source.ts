/** Postfix's load generator, where it is installed: a client in C that composes nothing. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pinned } from "./child.ts";
import type { Client } from "./measure.ts";

/** Postfix as test/real-servers/fetch.sh unpacks it: its libraries stand beside it, not where the system looks. */
const UNPACKED = join(process.cwd(), ".mail-servers/postfix/usr");
const PLACES = [
  process.env["WAXSEAL_BENCH_SMTP_SOURCE"],
  "/usr/sbin/smtp-source",
  "/usr/local/sbin/smtp-source",
  join(UNPACKED, "sbin/smtp-source"),
];

/** The path of `smtp-source`, or undefined. */
export function findSmtpSource(): string | undefined {
  const known = PLACES.find((place) => place !== undefined && existsSync(place));
  if (known !== undefined) return known;
  const { status, stdout } = spawnSync("sh", ["-c", "command -v smtp-source"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** Runs it once for each turn; its start is a few milliseconds of each. `-d`: connections are kept. */
export function smtpSource(
  path: string,
  { port, bytes, connections }: { port: number; bytes: number; connections: number },
): Client {
  return {
    name: "smtp-source",
    run: (times) => {
      const args = ["-d", "-s", `${connections}`, "-l", `${bytes}`, "-m", `${times}`];
      const [command, all] = pinned(path, [...args, "-f", "a@example.com", "-t", "b@example.net", `127.0.0.1:${port}`]);
      const start = performance.now();
      const env = { ...process.env, LD_LIBRARY_PATH: join(UNPACKED, "lib/postfix") };
      const { status, stderr } = spawnSync(command, all, { encoding: "utf8", env });
      if (status !== 0) throw new Error(`smtp-source failed: ${stderr}`);
      return Promise.resolve({ wallMs: performance.now() - start, cpuMs: Number.NaN });
    },
    close: () => {},
  };
}
