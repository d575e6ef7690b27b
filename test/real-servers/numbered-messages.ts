/** Messages that can be told apart after a real server has delivered them. */
import type { MailServer } from "./mail-server.ts";

/** The first few of `some` that are not among `others`. */
export function without(some: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return some.filter((text) => !known.has(text)).slice(0, 3);
}

/** A message with what tempts a server to change it: dots at line starts, long lines, blanks at a line's end. */
export function messageOf(index: number): Buffer {
  const lines = [
    `X-Sent: ${index}`,
    "From: sender@example.org",
    "To: user@example.test",
    "Date: Thu, 01 Jan 2026 08:00:00 +0000",
    `Message-ID: <${index}@example.org>`,
    `Subject: message ${index}`,
    "",
    ".",
    "..",
    `.${"x".repeat(900)}`,
    "From here on ",
    ...Array.from({ length: index % 30 }, (_, line) => `${".".repeat(line % 3)}line ${line}`),
    "",
  ];
  return Buffer.from(lines.join("\r\n"));
}

/** Waits until as many messages are delivered, and returns each from our first header on, with the line ends it was sent with. */
export async function deliveredBy(server: MailServer, count: number): Promise<string[]> {
  for (let waited = 0; waited < 120_000; waited += 250) {
    if ((await server.count()) >= count) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const mails = await server.delivered();
  return mails.map((mail) => {
    const text = mail.toString("latin1");
    return text.slice(text.indexOf("X-Sent:")).replaceAll("\n", "\r\n");
  });
}
