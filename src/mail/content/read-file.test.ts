import { mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tempFolder } from "../../../test/support/temp-folder.ts";
import { identityOf, type LocatedFile, locateFile } from "./file-access.ts";
import { readLocatedFile } from "./read-file.ts";
import { createSizeLimit } from "./size-limit.ts";

const reading = { field: "attachments[0].path", limit: createSizeLimit(undefined) };

/** A root with a folder in it, which then becomes a link to a folder outside. */
function swapped(): { root: string; path: string; secret: string; swap: () => void } {
  const outside = tempFolder();
  const root = tempFolder();
  mkdirSync(join(root, "reports"));
  writeFileSync(join(root, "reports", "a.txt"), "public");
  writeFileSync(join(outside, "a.txt"), "secret");
  const swap = (): void => {
    renameSync(join(root, "reports"), join(root, "away"));
    symlinkSync(outside, join(root, "reports"));
  };
  return { root, path: join(root, "reports", "a.txt"), secret: join(outside, "a.txt"), swap };
}

test("a folder that becomes a link between finding and opening a file leads nowhere", async () => {
  const { root, path, swap } = swapped();
  const located = await locateFile(path, { attachmentRoot: root }, "path");
  swap();
  await expect(readLocatedFile(located, path, reading)).rejects.toMatchObject({ code: "WX_MESSAGE_FILE" });
});

test("nor does one that becomes a link while the file is being found", async () => {
  const { root, path, secret, swap } = swapped();
  swap();
  // As a swap between reading the path and asking for the file's facts leaves it: the path within, the file outside.
  const located: LocatedFile = { path, size: 6, identity: identityOf(statSync(secret)), root };
  await expect(readLocatedFile(located, path, reading)).rejects.toMatchObject({ code: "WX_MESSAGE_FILE_ACCESS" });
});

test("a file that stayed in its place is read", async () => {
  const { root, path } = swapped();
  const located = await locateFile(path, { attachmentRoot: root }, "path");
  expect(Buffer.from(await readLocatedFile(located, path, reading)).toString()).toBe("public");
});
