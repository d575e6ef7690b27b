/** Composes messages with a file of 10 MB and prints, for each, how many pages of memory it had to ask the kernel for. */
import { systemClock } from "../../src/base/index.ts";
import { compose } from "../../src/mail/index.ts";

const content = Buffer.alloc(10_000_000, "x");
const context = { clock: systemClock, hostname: "example.com" };

for (let index = 0; index < 40; index++) {
  const before = process.resourceUsage().minorPageFault;
  compose(
    { from: "shop@example.com", to: ["ann@example.net"], text: "x", attachments: [{ filename: "a", content }] },
    context,
  );
  console.log(process.resourceUsage().minorPageFault - before);
  await new Promise((resolve) => setImmediate(resolve));
}
