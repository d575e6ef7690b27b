import { describe, expect, test } from "vitest";
import { BadChallenge } from "./mechanism.ts";
import { saslPrep } from "./sasl-prep.ts";
import { scramExchange } from "./scram.ts";

// The example of RFC 7677, section 3.
const LOGIN = { user: "user", secret: "pencil", host: "mail.example", port: 587 };
const NONCE = "rOprNGfwEbeRWgbNEkqO";
const SERVER_NONCE = `${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`;
const SALT = "W22ZaJ0SNY7soEsUEjb6gQ==";
const SERVER_FIRST = `r=${SERVER_NONCE},s=${SALT},i=4096`;
const PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
const SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

test("the example of RFC 7677 is followed to the letter", async () => {
  const exchange = scramExchange(LOGIN, NONCE);
  expect(await exchange.next("")).toEqual({ done: false, value: { say: `n,,n=user,r=${NONCE}` } });
  const final = await exchange.next(SERVER_FIRST);
  expect(final.value).toEqual({ say: `c=biws,r=${SERVER_NONCE},p=${PROOF}`, secrets: [PROOF] });
  expect(await exchange.next(SERVER_FINAL)).toEqual({ done: false, value: { say: "" } });
  expect(await exchange.next("")).toEqual({ done: true, value: undefined });
});

test.each([
  ["", "left out"],
  ["v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "of another password"],
  ["v=", "empty"],
  ["x=1", "something else"],
])("a server whose signature is %j (%s) is not believed", async (serverFinal) => {
  const exchange = scramExchange(LOGIN, NONCE);
  await exchange.next("");
  await exchange.next(SERVER_FIRST);
  await expect(exchange.next(serverFinal)).rejects.toThrow(/did not prove that it knows the password/);
});

test("a server that refuses in SCRAM's words is let finish, and never counts as proven", async () => {
  const exchange = scramExchange(LOGIN, NONCE);
  await exchange.next("");
  await exchange.next(SERVER_FIRST);
  expect((await exchange.next("e=invalid-proof")).value).toEqual({ say: "" });
  await expect(exchange.next("")).rejects.toBeInstanceOf(BadChallenge);
});

test.each([
  [`r=other,s=${SALT},i=4096`, /does not answer ours/],
  [`r=${NONCE},s=${SALT},i=4096`, /does not answer ours/],
  [`m=x,${SERVER_FIRST}`, /does not answer ours/],
  [`r=${SERVER_NONCE},s=!,i=4096`, /does not answer ours/],
  ["", /does not answer ours/],
  [`r=${SERVER_NONCE},s=${SALT},i=4095`, /4095 SCRAM iterations/],
  [`r=${SERVER_NONCE},s=${SALT},i=9999999999`, /9999999999 SCRAM iterations/],
])("a first message %j is refused before any work", async (serverFirst, words) => {
  const exchange = scramExchange(LOGIN, NONCE);
  await exchange.next("");
  await expect(exchange.next(serverFirst)).rejects.toThrow(words);
});

test("commas and equals signs of a user are written as SCRAM wants them", async () => {
  const { value } = await scramExchange({ ...LOGIN, user: "a=b,c" }, NONCE).next("");
  expect(value).toEqual({ say: `n,,n=a=3Db=2Cc,r=${NONCE}` });
});

describe("SASLprep", () => {
  // RFC 4013, section 3, and what a Chinese keyboard gives.
  test.each([
    ["I\u00adX", "IX"],
    ["user", "user"],
    ["USER", "USER"],
    ["\u00aa", "a"],
    ["\u2168", "IX"],
    ["ａｂ１２", "ab12"],
    ["a\u3000b", "a b"],
    ["授权码", "授权码"],
  ])("%j is %j", (text, prepared) => {
    expect(saslPrep(text)).toBe(prepared);
  });

  test.each(["\u0007", "a\u007f", "\u200e", "\u00ad", "\ue000", "\ufffd"])("%j is forbidden", (text) => {
    expect(saslPrep(text)).toBeUndefined();
  });

  test("a forbidden character is told, with another way", async () => {
    const exchange = scramExchange({ ...LOGIN, secret: "bell\u0007" }, NONCE);
    await expect(exchange.next("")).rejects.toMatchObject({ advice: expect.stringContaining('"PLAIN"') as string });
  });
});
