/** The public subpaths of the package, read from the exports of package.json. */
import { readFileSync } from "node:fs";

/** The repository's root folder. */
export const repository: URL = new URL("../../", import.meta.url);

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

export const manifest: Manifest = JSON.parse(readFileSync(new URL("package.json", repository), "utf8")) as Manifest;

export interface Subpath {
  /** What a user imports, such as `waxseal/smtp`. */
  readonly specifier: string;
  /** The built file, such as `dist/smtp/index.js`. */
  readonly built: string;
  /** The file it is built from, such as `src/smtp/index.ts`. */
  readonly source: string;
}

/** Every subpath that is code. */
export const subpaths: readonly Subpath[] = Object.entries(manifest.exports)
  .filter(([, target]) => target.endsWith(".js"))
  .map(([key, target]) => ({
    specifier: manifest.name + key.slice(1),
    built: target.replace(/^\.\//, ""),
    source: target.replace(/^\.\/dist\//, "src/").replace(/\.js$/, ".ts"),
  }));
