/** A real browser for tests: one that is installed, else the one inside @sparticuz/chromium. */
import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sparticuz from "@sparticuz/chromium";
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
    const browser =
      path === undefined
        ? await chromium.launch({
            executablePath: await sparticuz.executablePath(),
            args: [...sparticuz.args, ...quiet],
          })
        : await chromium.launch({ executablePath: path, args: quiet });
    return { browser };
  } catch (error) {
    return { reason: `no Chromium starts on this machine: ${String(error).split("\n")[0]}` };
  }
}

/** Where screenshots are kept for people to look at; CI keeps the folder. */
export function screenshotPath(name: string): string {
  const folder = fileURLToPath(new URL("../../test-results/screenshots", import.meta.url));
  mkdirSync(folder, { recursive: true });
  return `${folder}/${name}.png`;
}
