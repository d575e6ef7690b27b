/** What large messages ask of the system, in a process that composes nothing else. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { bundleChild } from "../support/bundled-child.ts";

const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };

test.skipIf(header.glibcVersionRuntime === undefined)(
  "messages of 13 MB reuse the memory of those before them, once the first are gone (glibc)",
  async () => {
    const script = await bundleChild("large-message-child.ts");
    const { stdout } = spawnSync(process.execPath, ["--no-warnings", script], { encoding: "utf8", timeout: 60_000 });
    const pages = stdout.trim().split("\n").map(Number);
    expect(pages).toHaveLength(40);
    // All of a message would be 3,300 pages of 4 kB; now and then a new place is taken.
    expect(pages.slice(15).filter((fresh) => fresh > 300).length).toBeLessThanOrEqual(5);
  },
  90_000,
);
