/** What `waxseal send` was told, for one mail and for a list. */
import { randomBytes } from "node:crypto";
import type { WaxsealConfig } from "../config.ts";
import { loadTemplate, type Template } from "../index.ts";

/** The flags of `waxseal send`, read. */
export interface SendFlags {
  csv?: string;
  template?: string;
  name?: string;
  column?: string;
  stream?: string;
  /** Messages a minute. */
  rate?: number;
  limit?: number;
  dryRun?: boolean;
  enqueueOnly?: boolean;
  to?: string;
  subject?: string;
  text?: string;
  set?: Readonly<Record<string, string>>;
  from?: string;
  using?: string;
  database?: string;
}

/** A folder of templates/, or any path. */
export async function namedTemplate(name: string): Promise<Template> {
  return loadTemplate(/[\\/]/.test(name) ? name : `templates/${name}`);
}

/** Sending needs neither a secret nor a site where no link is made: only the mail of a stream has one. */
export function withSite(config: WaxsealConfig): WaxsealConfig {
  const { secretKey = randomBytes(32).toString("hex"), siteUrl = "http://localhost" } = config;
  return { ...config, secretKey, siteUrl };
}
