/** A real browser for tests: one that is installed, else the one inside @sparticuz/chromium. */
import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";

const installed = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** No request of the browser's own: a test reaches nothing outside the machine. */
const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser, or why there is none on this machine. */
export async function launchChromium(): Promise<{ browser: Browser } | { reason: string }> {
  const path = [process.env["CHROME_PATH"], ...installed].find(
    (candidate) => candidate !== undefined && existsSync(candidate),
  );
  try {
    const executablePath = path ?? (await unpackChromium());
    return { browser: await chromium.launch({ executablePath, args: quiet }) };
  } catch (error) {
    return { reason: `no Chromium starts on this machine: ${String(error).split("\n")[0]}` };
  }
}

/**
 * The Chromium of the package, with the libraries that a bare system lacks. The package unpacks those only where it
 * believes to run on Amazon Linux; they do on any that has no older libc.
 */
async function unpackChromium(): Promise<string> {
  process.env["AWS_LAMBDA_JS_RUNTIME"] ??= "nodejs20.x";
  const { default: packed } = await import("@sparticuz/chromium");
  return packed.executablePath();
}

/** Where screenshots are kept for people to look at; CI keeps the folder. */
export function screenshotPath(name: string): string {
  const folder = fileURLToPath(new URL("../../test-results/screenshots", import.meta.url));
  mkdirSync(folder, { recursive: true });
  return `${folder}/${name}.png`;
}
