// pg-boss as its documentation has it: jobs in Postgres; mail leaves by a pool of nodemailer.
//   node pg-boss.mjs enqueue|path POSTGRES_URL [SMTP_PORT]
import { createTransport } from "nodemailer";
import { PgBoss } from "pg-boss";
import { answer, byCallers, countdown, mailOf } from "./peer.mjs";

const [what, url, smtpPort] = process.argv.slice(2);
const boss = new PgBoss({ connectionString: url, max: 10, schema: `boss_${process.pid}` });
boss.on("error", (error) => console.error("pg-boss:", error.message));
await boss.start();
await boss.createQueue("mail");
const accepted = countdown();

if (what === "path") {
  const transport = createTransport({
    host: "127.0.0.1",
    port: Number(smtpPort),
    pool: true,
    maxMessages: Infinity,
    ignoreTLS: true,
  });
  // Two workers. They look twice a second at the most, so what they take at once bounds what they do in one.
  for (let worker = 0; worker < 2; worker++) {
    await boss.work("mail", { batchSize: 500, pollingIntervalSeconds: 0.5 }, async (jobs) => {
      await Promise.all(jobs.map(({ data }) => transport.sendMail(data)));
      for (const _ of jobs) accepted.one();
    });
  }
}

answer(async (times) => {
  const all = what === "path" ? accepted.expect(times) : undefined;
  await byCallers(times, (index) => boss.send("mail", mailOf(index)));
  await all;
  if (what === "enqueue") await boss.deleteAllJobs("mail").catch(() => {});
});
