/** A database, mailers and an outbox, as an application has them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, migrate, openDatabase } from "../../src/db/index.ts";
import { type Backend, createMail, createMailers, dummyBackend, type Mail, smtpBackend } from "../../src/mail/index.ts";
import { createOutbox, type Outbox } from "../../src/outbox/index.ts";
import { FROM } from "../smtp/messages.ts";

/** Connections are kept, as those of the peers are. */
const NEVER = 1_000_000_000;

export interface House {
  readonly database: Database;
  readonly mail: Mail;
  readonly outbox: Outbox;
}

/**
 * Opens it all; what it wrote goes with the process.
 *
 * @param where `sqlite` for a file of its own, or the URL of a Postgres.
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
  // Throughput is measured with as many under way as a busy site sets.
  const load = watch === undefined ? { concurrency: 200 } : {};
  return { database, mail, outbox: createOutbox({ database, mailer: () => watched, ...load }) };
}

function backendTo(smtpPort: string | undefined): Backend {
  if (smtpPort === undefined) return dummyBackend();
  return smtpBackend({ host: "127.0.0.1", port: Number(smtpPort), security: "none", maxMessagesPerConnection: NEVER });
}
