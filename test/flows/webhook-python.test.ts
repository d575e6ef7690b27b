/** The Python of the guide believes what we sign, and nothing else. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { keyOf, signatureHeader } from "../../src/outbox/observe/webhooks/signature.ts";
import { read } from "../support/documents.ts";
import { findPython } from "../support/python.ts";

const python = findPython(["base64", "hashlib", "hmac"]);
const secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const next = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU2Nzg5";

test.skipIf(python === undefined)("the function of the guide tells our calls from others", () => {
  const example = /^```python\n([^]*?)^```/m.exec(read("docs/guide/events.md"))?.[1] ?? "";
  const body = '{"type":"mail.sent","text":"好"}';
  const timestamp = Math.floor(Date.now() / 1000);
  const headersAt = (at: number): Record<string, string> => ({
    "webhook-id": "call_1",
    "webhook-timestamp": String(at),
    "webhook-signature": signatureHeader([keyOf("old", secret), keyOf("next", next)], {
      id: "call_1",
      timestamp: at,
      body,
    }),
  });
  const cases = [
    [secret, headersAt(timestamp), body],
    [next, headersAt(timestamp), body],
    [next, headersAt(timestamp), `${body} `],
    [secret, headersAt(timestamp - 301), body],
    [`whsec_${Buffer.alloc(32).toString("base64")}`, headersAt(timestamp), body],
  ];
  const script = `${example}\nimport json, sys\nprint(json.dumps([is_ours(s, h, b.encode()) for s, h, b in json.load(sys.stdin)]))`;
  const input = JSON.stringify(cases);
  const env = { ...process.env, PYTHONIOENCODING: "utf-8" };
  const printed = execFileSync(python ?? "", ["-c", script], { input, env, encoding: "utf8", timeout: 20_000 });
  expect(JSON.parse(printed)).toEqual([true, true, false, false, false]);
});
