// graphile-worker as its documentation has it: jobs in Postgres; mail leaves by a pool of nodemailer.
//   node graphile-worker.mjs enqueue|path POSTGRES_URL [SMTP_PORT]
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { createTransport } from "nodemailer";
import { answer, byCallers, countdown, mailOf } from "./peer.mjs";

const [what, connectionString, smtpPort] = process.argv.slice(2);
const logger = new Logger(() => () => {});
const schema = `worker_${process.pid}`;
const utils = await makeWorkerUtils({ connectionString, schema, logger });
await utils.migrate();
const accepted = countdown();

if (what === "path") {
  const transport = createTransport({
    host: "127.0.0.1",
    port: Number(smtpPort),
    pool: true,
    maxMessages: Infinity,
    ignoreTLS: true,
  });
  await run({
    connectionString,
    schema,
    concurrency: 50,
    noHandleSignals: true,
    logger,
    maxPoolSize: 60,
    taskList: {
      mail: async (payload) => {
        await transport.sendMail(payload);
        accepted.one();
      },
    },
  });
}

answer(async (times) => {
  const all = what === "path" ? accepted.expect(times) : undefined;
  await byCallers(times, (index) => utils.addJob("mail", mailOf(index)));
  await all;
});
