/** A database, mailers and an outbox, as an application has them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, migrate, openDatabase } from "../../src/db/index.ts";
import { type Backend, createMail, createMailers, dummyBackend, type Mail, smtpBackend } from "../../src/mail/index.ts";
import { createOutbox, type Outbox } from "../../src/outbox/index.ts";
import { createWaxseal } from "../../src/index.ts";
import { FROM } from "../smtp/messages.ts";

/** Connections are kept, as those of the peers are. */
const NEVER = 1_000_000_000;

export interface House {
  readonly database: Database;
  readonly mail: Mail;
  readonly outbox: Outbox;
  /** Delivers from now on. */
  start(): void;
}

/** As many under way as a busy site sets. */
const BUSY = 200;

/**
 * Opens it all; what it wrote goes with the process.
 *
 * @param where `sqlite` for a file of its own, `service` for the whole service on one, or the URL of a Postgres.
 * @param smtpPort Where mail goes; undefined where none leaves.
 * @param watch Is told of a recipient when the server has taken the message; the outbox then has its default concurrency.
 */
export async function openHouse(
  where: string,
  smtpPort: string | undefined,
  watch?: (to: string) => void,
): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), "waxseal-bench-outbox-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  if (where === "service") return openService(join(folder, "service.db"), smtpPort);
  const database = await openDatabase(where === "sqlite" ? `sqlite:${join(folder, "outbox.db")}` : where);
  await migrate(database);
  const backend = backendTo(smtpPort);
  const mail = createMail({ mailers: createMailers({ default: backend }), defaultFromEmail: FROM });
  const watched: Backend =
    watch === undefined
      ? backend
      : {
          send: async (envelope, ...rest) => {
            const receipt = await backend.send(envelope, ...rest);
            watch(envelope.to[0] ?? "");
            return receipt;
          },
        };
  const load = watch === undefined ? { concurrency: BUSY } : {};
  const outbox = createOutbox({ database, mailer: () => watched, ...load });
  return { database, mail, outbox, start: () => outbox.start() };
}

/** With all that stands about the outbox in a program: limits, suppression, hooks, what counts and what tells. */
async function openService(file: string, smtpPort: string | undefined): Promise<House> {
  const { database, mail, outbox, startWorker } = await createWaxseal(
    {
      secretKey: "a key of the benchmark, long enough",
      siteUrl: "https://shop.example",
      databaseUrl: `sqlite:${file}`,
      defaultFromEmail: FROM,
      log: { level: "error" },
      outbox: { concurrency: BUSY },
      mailers: { default: backendTo(smtpPort) },
    },
    { migrate: true },
  );
  return { database, mail, outbox, start: startWorker };
}

function backendTo(smtpPort: string | undefined): Backend {
  if (smtpPort === undefined) return dummyBackend();
  return smtpBackend({ host: "127.0.0.1", port: Number(smtpPort), security: "none", maxMessagesPerConnection: NEVER });
}
