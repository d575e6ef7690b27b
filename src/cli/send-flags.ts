/** What `waxseal send` was told, for one mail and for a list. */
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
