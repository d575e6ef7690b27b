/** The repository's own words and the program they speak of, as texts for tests that compare the two. */
import { readdirSync, readFileSync } from "node:fs";
import { repository } from "./subpaths.ts";

/** The text of a file, by its path from the repository's root. */
export function read(path: string): string {
  return readFileSync(new URL(path, repository), "utf8");
}

function filesBelow(folder: string): string[] {
  return readdirSync(new URL(folder, repository), { recursive: true, encoding: "utf8" }).map(
    (file) => `${folder}/${file.replaceAll("\\", "/")}`,
  );
}

/** The files of the program, without the tests that stand beside them. */
export function programFiles(): string[] {
  return filesBelow("src").filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file));
}

/** Every page that a reader of the repository can open. */
export function documents(): string[] {
  const top = readdirSync(repository, { encoding: "utf8" });
  return [...top, ...filesBelow("docs")].filter((file) => file.endsWith(".md"));
}
