/** `waxseal config print`: each value, and where it comes from. */
import Table from "cli-table3";
import { defaults, environmentName, isSecretPath, requireConfig } from "../config.ts";
import { leafPaths, loadConfig } from "./load-config.ts";
import { withoutLines } from "./terminal.ts";

/** What is used when nothing is set, for what has no default outside of development. */
const absent: readonly [path: string, note: string][] = [
  ["secretKey", "made by waxseal dev; needed by waxseal serve"],
  ["siteUrl", "the web server's own address in waxseal dev; needed by waxseal serve"],
  ["mailers.default", "the inbox in waxseal dev; needed by waxseal serve"],
];

export async function printConfig(): Promise<void> {
  const { config, origins } = await loadConfig();
  requireConfig(config);
  const table = new Table({ head: ["setting", "value", "from"], style: { head: [], border: [] }, chars: withoutLines });
  for (const path of leafPaths(config)) table.push([path, show(path, valueAt(config, path)), origins.get(path) ?? ""]);
  for (const path of leafPaths(defaults)) {
    if (valueAt(config, path) === undefined) table.push([path, show(path, valueAt(defaults, path)), defaultNote(path)]);
  }
  for (const [path, note] of absent) {
    if (valueAt(config, path) === undefined) table.push([path, "", note]);
  }
  console.log(table.toString());
}

function defaultNote(path: string): string {
  const name = environmentName(path);
  return name === undefined ? "default" : `default; ${name} sets it`;
}

function valueAt(root: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], root);
}

/** A secret shows that it is there, and how long it is: enough to see a truncated or empty one. */
function show(path: string, value: unknown): string {
  if (isSecretPath(path)) {
    const secrets = Array.isArray(value) ? value : [value];
    return secrets.map((secret) => `******** (${String(secret).length} characters)`).join(", ");
  }
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(", ");
  return typeof value === "object" ? "(a value of the configuration file)" : String(value);
}
