/** A folder on a disk of a test's own that has hardly any room. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** True where this user may mount one: root on Linux, outside of most containers. */
export const canMountDisk: boolean = canMount();

/** The path of an empty folder with so many bytes of room. */
export function smallDisk(bytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), "waxseal-disk-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const disk = join(folder, "disk");
  mkdirSync(disk);
  mount(disk, bytes);
  onTestFinished(() => unmount(disk));
  return disk;
}

function canMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), "waxseal-disk-"));
  try {
    mount(folder, 65_536);
    unmount(folder);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function mount(folder: string, bytes: number): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder], { stdio: "pipe" });
}

/** Lazily, for a program that still has a file open there. */
function unmount(folder: string): void {
  execFileSync("umount", ["--lazy", folder], { stdio: "pipe" });
}
