// What every peer does: answers { times } with what the work took, in this process.

/** The mail of the benchmark, as a caller has it. */
export const mailOf = (index) => ({
  from: "mac@example.com",
  to: `customer${index % 100_000}@example.net`,
  subject: "Your order is on its way",
  text: "Dear customer, your order has left our house and is on its way to you.\n".repeat(10),
});

/** Calls `work` for each number below `times`, a hundred at once: as many callers as a busy server has. */
export async function byCallers(times, work, callers = 100) {
  let next = 0;
  const caller = async () => {
    while (next < times) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(callers, times) }, caller));
}

/** Counts down what was accepted. */
export function countdown() {
  let left = 0;
  let done = () => {};
  return {
    expect: (times) =>
      new Promise((resolve) => {
        left = times;
        done = resolve;
      }),
    one: () => {
      left -= 1;
      if (left === 0) done();
    },
  };
}

/** Answers each question of the parent. */
export function answer(run) {
  process.on("message", async ({ times }) => {
    const cpu = process.cpuUsage();
    const began = performance.now();
    await run(times);
    const wallMs = performance.now() - began;
    const { user, system } = process.cpuUsage(cpu);
    process.send({ wallMs, cpuMs: (user + system) / 1000 });
  });
  process.on("disconnect", () => process.exit());
  process.send({ ready: true });
}
