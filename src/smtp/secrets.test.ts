import { expect, test } from "vitest";
import { replyOf } from "./reply.ts";
import { Secrets } from "./secrets.ts";

const PASSWORD = "corréct-horse";
const secrets = new Secrets();
secrets.add(PASSWORD);
secrets.add(`\0mac\0${PASSWORD}`);
const encoded = Buffer.from(`\0mac\0${PASSWORD}`).toString("base64");

test.each([PASSWORD, encoded, encoded.slice(0, 16), encoded.slice(4, 20), Buffer.from(PASSWORD).toString("base64")])(
  "%s is hidden wherever it stands",
  (secret) => {
    const hidden = secrets.hide(`unknown command "AUTH PLAIN ${secret}" and ${secret}`);
    expect(hidden).toBe(`unknown command "AUTH PLAIN [hidden]" and [hidden]`);
    expect(secrets.hideIn(replyOf(535, [`5.7.8 ${secret} no`])).text).toBe("[hidden] no");
  },
);

test("other words stay", () => {
  expect(secrets.hide("535 5.7.8 Authentication credentials invalid")).toBe(
    "535 5.7.8 Authentication credentials invalid",
  );
});
