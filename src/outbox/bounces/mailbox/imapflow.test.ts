import { expect, test } from "vitest";
import { requireImapFlow } from "./imapflow.ts";

test("where imapflow is not installed, the error is the line that installs it", () => {
  expect(() => requireImapFlow((name) => import.meta.resolve(`${name}-that-nobody-has`))).toThrow(
    expect.objectContaining({ code: "WX_OUTBOX_PEER", message: expect.stringMatching(/: npm i imapflow$/) }),
  );
});

test.each<[string, ((name: string) => unknown) | undefined]>([
  ["it is installed", undefined],
  ["nobody can tell, as in a bundle", () => (undefined as unknown as (name: string) => unknown)("imapflow")],
])("where %s, nothing is refused", (_where, resolve) => {
  expect(() => requireImapFlow(resolve)).not.toThrow();
});
