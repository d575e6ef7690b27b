/** A submission server as a process of its own, which stops for good at a step: `DATABASE_URL before|after|never`. */
import { openDatabase } from "../../src/db/index.ts";
import { createApiKeys, createSubmission, outboxDeliver, type OutboxDeliverOptions } from "../../src/inbox/index.ts";
import { createMail, createMailers, dummyBackend } from "../../src/mail/index.ts";
import { createOutbox } from "../../src/outbox/index.ts";

const [url = "", step = "never"] = process.argv.slice(2);
const database = await openDatabase(url);
const mail = createMail({ mailers: createMailers({ default: dummyBackend() }), defaultFromEmail: "root@localhost" });
const outbox = createOutbox({ database, mailer: (name) => mail.mailers.get(name) });

/** Says where it stands, and stays there. */
function stop(words: string): Promise<never> {
  process.stdout.write(`${words}\n`);
  return new Promise(() => {});
}

const enqueue: OutboxDeliverOptions["enqueue"] = async (composed, options) => {
  if (step === "before") {
    return database.kysely.transaction().execute(async (tx) => {
      await outbox.enqueue(composed, { ...options, tx });
      return stop("not yet committed");
    });
  }
  const id = await outbox.enqueue(composed, options);
  return step === "after" ? stop(`committed ${id}`) : id;
};

const submission = createSubmission({
  database,
  keys: createApiKeys({ database }),
  deliver: outboxDeliver({ mail, enqueue }),
});
const { port } = await submission.listen({ port: 0 });
process.stdout.write(`port ${port}\n`);
