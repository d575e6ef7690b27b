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

test("a short secret is hidden as a word, and stays where it is a part of one", () => {
  const short = new Secrets();
  short.add("c3");
  short.add("短");
  expect(short.hide('535 "c3" is wrong, so is YzM= and 短码')).toBe(
    '535 "[hidden]" is wrong, so is [hidden] and [hidden]码',
  );
  expect(short.hide("334 cj1hYmM3c3,abc3def+c3/=")).toBe("334 cj1hYmM3c3,abc3def+c3/=");
});
