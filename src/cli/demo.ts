/** `waxseal demo`: the whole journey without a browser, over real HTTP and a real SMTP conversation. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeError } from "../base/index.ts";
import { type Development, startDevelopment } from "../development.ts";
import { bold, dim, green, red } from "./terminal.ts";
import { createVisitor, type Page } from "./visitor.ts";

/** How long the mail may take from the form to the inbox, in milliseconds. */
const MAIL_TIMEOUT_MS = 10_000;

type CaughtMail = NonNullable<Awaited<ReturnType<Development["inbox"]["get"]>>>;

export async function demo(): Promise<void> {
  try {
    await inTemporaryFolder(async (folder) => {
      await using development = await startDevelopment({
        databaseUrl: `sqlite:${join(folder, "demo.db")}`,
        web: { port: 0 },
        inbox: { port: 0 },
      });
      await play(development);
    });
    console.log(
      `\n${green("The journey is complete.")} ${dim("waxseal dev (npm start in a clone) lets you walk it in a browser.")}`,
    );
  } catch (error) {
    console.error(`\n${red("The journey failed:")} ${describeError(error)}`);
    process.exitCode = 1;
  }
}

async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "waxseal-demo-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function play({ url, inbox, smtpAddress }: Development): Promise<void> {
  const person = { username: "mac", email: "mac@example.com", password: "correct horse battery staple" };
  const credentials = { login: person.username, password: person.password };
  const visitor = createVisitor({ "accept-language": "en" });
  const tell = timeline();
  console.log(`${bold("Waxseal demo")}  ${dim(`web ${url}, SMTP ${smtpAddress}`)}\n`);

  const mailCaught = nextMail(inbox);
  const registered = await visitor.submit(await visitor.open(`${url}/user/register`), person);
  expectPage(registered, 200, person.email, "the page after registering");
  tell("registered", `${person.username} <${person.email}>, not active yet`);

  const mail = await mailCaught;
  const link = /https?:\/\/\S+\/user\/active\/\S+/.exec(mail.text)?.[0];
  if (link === undefined) throw new Error("the mail holds no activation link");
  tell("mail accepted", `by the SMTP server: "${mail.subject}", ${mail.size} octets`);

  const early = await visitor.submit(await visitor.open(`${url}/user/login`), credentials, "/user/login");
  if (early.status === 200) throw new Error("log-in was not refused before the activation");
  tell("log-in refused", `status ${early.status}: the account waits for its activation`);

  const activation = await visitor.open(link);
  expectPage(activation, 200, person.username, "the page behind the link");
  tell("link opened", "the page shows one button; opening it changed nothing");

  const loginPage = await visitor.submit(activation, {});
  if (!new URL(loginPage.url).pathname.endsWith("/user/login"))
    throw new Error(`the activation led to ${loginPage.url}`);
  tell("activated", "by the button's POST");

  const home = await visitor.submit(loginPage, credentials, "/user/login");
  expectPage(home, 200, person.username, "the page after logging in");
  tell("logged in", `the page greets ${person.username}`);

  console.log(`\n${bold("The mail's headers, as the SMTP server received them:")}\n`);
  console.log(rawHeaders(mail.raw));
}

/** Prints each step with the time since the start and since the step before. */
function timeline(): (step: string, detail: string) => void {
  const start = performance.now();
  let last = start;
  return (step, detail) => {
    const now = performance.now();
    const total = `${(now - start).toFixed(1)} ms`.padStart(10);
    const delta = `+${(now - last).toFixed(1)}`.padStart(8);
    console.log(`${total} ${dim(delta)}  ${bold(step.padEnd(15))} ${detail}`);
    last = now;
  };
}

function expectPage(page: Page, status: number, text: string, what: string): void {
  if (page.status !== status) throw new Error(`${what} has status ${page.status} instead of ${status}`);
  if (!page.html.includes(text)) throw new Error(`${what} does not show ${JSON.stringify(text)}`);
}

function nextMail(inbox: Development["inbox"]): Promise<CaughtMail> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      unsubscribe();
      reject(new Error(`no mail arrived within ${MAIL_TIMEOUT_MS / 1000} seconds`));
    }, MAIL_TIMEOUT_MS);
    const unsubscribe = inbox.subscribe(({ id }) => {
      clearTimeout(timer);
      unsubscribe();
      inbox
        .get(id)
        .then((mail) => (mail === undefined ? reject(new Error("the mail was not kept")) : resolve(mail)), reject);
    });
  });
}

function rawHeaders(raw: Uint8Array): string {
  const text = Buffer.from(raw).toString("utf8");
  return text.slice(0, text.indexOf("\r\n\r\n")).replaceAll("\r\n", "\n");
}
