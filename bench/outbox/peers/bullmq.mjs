// BullMQ as its documentation has it: a queue and a worker on Redis; mail leaves by a pool of nodemailer.
//   node bullmq.mjs enqueue|path REDIS_PORT [SMTP_PORT]
import { Queue, Worker } from "bullmq";
import { createTransport } from "nodemailer";
import { answer, byCallers, countdown, mailOf } from "./peer.mjs";

const [what, redisPort, smtpPort] = process.argv.slice(2);
const connection = { host: "127.0.0.1", port: Number(redisPort), maxRetriesPerRequest: null };
const name = `mail-${process.pid}`;
const queue = new Queue(name, {
  connection,
  defaultJobOptions: { removeOnComplete: true, attempts: 12, backoff: { type: "exponential", delay: 30_000 } },
});
await queue.waitUntilReady();
const accepted = countdown();

if (what === "path") {
  const transport = createTransport({
    host: "127.0.0.1",
    port: Number(smtpPort),
    pool: true,
    maxMessages: Infinity,
    ignoreTLS: true,
  });
  const worker = new Worker(name, async (job) => transport.sendMail(job.data), { connection, concurrency: 50 });
  worker.on("completed", accepted.one);
  worker.on("failed", (job, error) => console.error("bullmq:", error.message));
  await worker.waitUntilReady();
}

answer(async (times) => {
  const all = what === "path" ? accepted.expect(times) : undefined;
  await byCallers(times, (index) => queue.add("mail", mailOf(index)));
  await all;
  if (what === "enqueue") await queue.obliterate({ force: true }).catch(() => {});
});
