import { expect, test } from "vitest";
import { requireImapFlow } from "./imapflow.ts";

test("where imapflow is not installed, the error is the line that installs it", () => {
  expect(() => requireImapFlow((name) => import.meta.resolve(`${name}-that-nobody-has`))).toThrow(
    expect.objectContaining({ code: "WX_OUTBOX_PEER", message: expect.stringMatching(/: npm i imapflow$/) }),
  );
});

test("where it is installed, or nobody can tell, nothing is refused", () => {
  requireImapFlow();
  requireImapFlow(() => {
    throw new TypeError("import.meta.resolve is not a function");
  });
});
