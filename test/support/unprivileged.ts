/** Does something as a user without rights, also where the tests run as root. */

/** The id of "nobody" on most systems. */
const NOBODY = 65_534;

/** True where rights of files can be tested at all. */
export const canDropRights: boolean = process.platform !== "win32";

/** The result of the work, done by a user who is not root; by the tests' own user, where that is not. */
export async function unprivileged<T>(work: () => T | Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return await work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
