/** The whole of Waxseal in this process, on free ports and in a folder of the test's own. */
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { WaxsealConfig } from "../../src/config.ts";
import { type Development, startDevelopment } from "../../src/development.ts";
import type { WaxsealOptions } from "../../src/waxseal.ts";
import { tempFolder } from "./temp-folder.ts";

export async function startSite(config: WaxsealConfig = {}, options: WaxsealOptions = {}): Promise<Development> {
  const folder = tempFolder();
  const site = await startDevelopment(
    { databaseUrl: `sqlite:${join(folder, "site.db")}`, web: { port: 0 }, inbox: { port: 0 }, ...config },
    options,
  );
  onTestFinished(() => site.close());
  return site;
}

export const mac = { username: "mac", email: "mac@163.com", password: "correct horse battery" };
export const macsLogin: { login: string; password: string } = { login: mac.username, password: mac.password };
