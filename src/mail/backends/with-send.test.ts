import { expect, test, vi } from "vitest";
import { deliveryReports } from "../middleware/delivery-reports.ts";
import { alwaysTo } from "../middleware/always-to.ts";
import { guardedBackend } from "../middleware/guarded-backend.ts";
import { silenced } from "../silenced.ts";
import type { Backend } from "../backend.ts";
import { dummyBackend } from "./dummy.ts";

test.each<[string, (backend: Backend) => Backend]>([
  ["silenced", silenced],
  ["guarded", (backend) => guardedBackend(backend, [alwaysTo("dev@example.com")])],
  ["watched", (backend) => deliveryReports([{ after: () => {} }]).watch(backend)],
])("a %s backend keeps its header encoding, its calls and what they are given", async (_, wrap) => {
  const [open, verify, close] = [
    vi.fn<() => Promise<void>>(async () => {}),
    vi.fn<() => Promise<void>>(async () => {}),
    vi.fn<() => Promise<void>>(async () => {}),
  ];
  const headerEncoding = { words: "base64", foldFrom: false } as const;
  const connections = { open: 2, idle: 1, waiting: 3 };
  const wrapped = wrap({ ...dummyBackend(), headerEncoding, open, verify, close, connections: () => connections });
  expect(wrapped.headerEncoding).toBe(headerEncoding);
  expect(wrapped.connections?.()).toBe(connections);
  const options = { signal: new AbortController().signal };
  await wrapped.open?.(options);
  await wrapped.verify?.(options);
  expect([open.mock.calls, verify.mock.calls]).toEqual([[[options]], [[options]]]);
  await wrapped.close?.();
  await wrapped[Symbol.asyncDispose]?.();
  expect(close).toHaveBeenCalledTimes(2);
  expect(wrap(dummyBackend()).verify).toBeUndefined();
});
