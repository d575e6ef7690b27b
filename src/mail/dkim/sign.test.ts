import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dkimpyResults, hasDkimpy, mailauthResults } from "../../../test/support/dkim-verifiers.ts";
import { ed25519Key, publish, rsaKey } from "../../../test/support/dkim-keys.ts";
import { runs } from "../../../test/support/property.ts";
import { fixedClock } from "../../../test/support/fixed-clock.ts";
import { expectLinearTime } from "../../../test/support/linear-time.ts";
import { bodyHash } from "./canonical-body.ts";
import { fieldsToSign, headerFields } from "./canonical-header.ts";
import type { DkimKey } from "./options.ts";
import { createDkimSigner, signatureValue, signDkim, signedText } from "./sign.ts";

const rsa: DkimKey = { domain: "example.com", selector: "rsa2026", privateKey: rsaKey() };
const ed25519: DkimKey = { domain: "example.com", selector: "ed2026", privateKey: ed25519Key() };
const texts = publish([rsa, ed25519]);

const header = [
  "From: =?utf-8?B?5aSp?= <mac@example.com>",
  "To: ann@example.net,",
  " bob@example.net",
  "Subject: Your  order",
  "Date: Sun, 22 Nov 2026 10:00:00 +0000",
  "Message-ID: <1@example.com>",
  "MIME-Version: 1.0",
  "Content-Type: text/plain; charset=utf-8",
];
const message = (lines: readonly string[] = ["Hello", "", "World"], fields: readonly string[] = header): Buffer =>
  Buffer.from([...fields, "", ...lines, ""].join("\r\n"), "latin1");
const headOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1").split("\r\n\r\n")[0] ?? "";

describe("signatures hold", () => {
  const bodies: [string, readonly string[]][] = [
    ["a plain body", ["Hello", "", "World"]],
    ["no body", []],
    ["only empty lines", ["", "", ""]],
    ["only white space", [" ", "\t ", ""]],
    ["white space in every place", [" a", "b ", "c\t", "d  e", "f\t\tg", "  ", "\t", "h", " ", ""]],
    ["a line that begins with a dot", [".", "..", ".a"]],
    ["a long body of double spaces", Array.from({ length: 5000 }, () => "a  b   c ")],
    ["a long line of base64", ["YWJj".repeat(40_000)]],
  ];
  const ways = ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"] as const;

  test.each(bodies)("for mailauth with %s, in each canonicalization", async (_, lines) => {
    for (const canonicalization of ways) {
      const keys = [rsa, ed25519].map((key) => ({ ...key, canonicalization }));
      expect(await mailauthResults(signDkim(message(lines), keys), texts), canonicalization).toEqual(["pass", "pass"]);
    }
  });

  test.skipIf(!hasDkimpy)("for dkimpy with each of those bodies, in each canonicalization", () => {
    const signed = bodies.flatMap(([, lines]) =>
      ways.map((canonicalization) =>
        signDkim(
          message(lines),
          [rsa, ed25519].map((key) => ({ ...key, canonicalization })),
        ),
      ),
    );
    expect(dkimpyResults(signed, texts)).toEqual(signed.map(() => [true, true]));
  });

  test("each by itself: none signs another, and one may be taken away", async () => {
    const signed = Buffer.from(signDkim(message(), [rsa, ed25519]));
    const second = signed.indexOf("\r\nDKIM-Signature:") + 2;
    expect(second).toBeGreaterThan(2);
    expect(await mailauthResults(signed.subarray(second), texts)).toEqual(["pass"]);
    const resigned = signDkim(signed, rsa);
    expect(await mailauthResults(resigned, texts)).toEqual(["pass", "pass", "pass"]);
  });

  test("where a field stands twice, and where the body does not end its last line", async () => {
    const twice = message(["Hello"], [...header, "Reply-To: a@example.com", "Reply-To: b@example.com"]);
    for (const bytes of [twice, message().subarray(0, -2), Buffer.from("From: a@example.com\r\n\r\n")]) {
      expect(await mailauthResults(signDkim(bytes, [rsa, ed25519]), texts)).toEqual(["pass", "pass"]);
    }
  });

  const keysOfBothKinds = [rsa, { ...ed25519, canonicalization: "simple/simple" as const }];
  const inUtf8 = (subject: string): Uint8Array =>
    signDkim(Buffer.from(`From: 陳 <陳@例子.中国>\r\nSubject: ${subject}\r\n\r\n您好\u00a0 \r\n`), keysOfBothKinds);

  test("over a header in UTF-8, for servers that offer SMTPUTF8", async () => {
    expect(await mailauthResults(inUtf8("您好  x"), texts)).toEqual(["pass", "pass"]);
  });

  // mailauth folds octets A0 too, which RFC 6376 leaves alone.
  test.skipIf(!hasDkimpy)("also where octets of it look like a blank of Latin-1", () => {
    expect(dkimpyResults([inUtf8("您好\u00a0\u3000 x")], texts)).toEqual([[true, true]]);
  });

  test("until they expire", async () => {
    const clock = fixedClock(Date.UTC(2026, 10, 22));
    const signed = createDkimSigner({ ...rsa, expirationSeconds: 60 }, { clock }).sign(message());
    const signedAt = clock.now() / 1000;
    expect(headOf(signed)).toContain(` t=${signedAt}; x=${signedAt + 60};`);
    expect(await mailauthResults(signed, texts, new Date(clock.now() + 59_000))).toEqual(["pass"]);
    expect((await mailauthResults(signed, texts, new Date(clock.now() + 61_000)))[0]).not.toMatch(/^pass/);
  });
});

describe("signatures break", () => {
  const replaceIn = (bytes: Uint8Array, from: string, to: string): Buffer => {
    const text = Buffer.from(bytes).toString("latin1");
    expect(text).toContain(from);
    return Buffer.from(text.replace(from, to), "latin1");
  };
  const changes: [string, string, string][] = [
    ["another subject", "Your  order", "Your bill"],
    ["another sender", "mac@example.com>", "eve@example.com>"],
    ["another type", "text/plain", "text/html"],
    ["a changed body", "World", "Wurld"],
    ["an added line", "World\r\n", "World\r\nBuy\r\n"],
    ["a second From", "From: =", "From: eve@evil.example\r\nFrom: ="],
    ["a second Subject", "Subject: ", "Subject: Urgent\r\nSubject: "],
    ["an added Cc", "Subject: ", "Cc: eve@evil.example\r\nSubject: "],
    ["an added Reply-To", "Subject: ", "Reply-To: eve@evil.example\r\nSubject: "],
    ["an added encoding", "MIME-Version", "Content-Transfer-Encoding: base64\r\nMIME-Version"],
  ];

  test.each(changes)("with %s", async (_, from, to) => {
    const broken = replaceIn(signDkim(message(), [rsa, ed25519]), from, to);
    const results = await mailauthResults(broken, texts);
    expect(results).toHaveLength(2);
    for (const result of results) expect(result).not.toMatch(/^pass/);
  });

  test("not where oversigning is off and a field is added", async () => {
    const signed = signDkim(message(), { ...rsa, oversign: false });
    expect(await mailauthResults(replaceIn(signed, "Subject: ", "Cc: eve@x.example\r\nSubject: "), texts)).toEqual([
      "pass",
    ]);
  });

  test.skipIf(!hasDkimpy)("for dkimpy too", () => {
    const signed = signDkim(message(), [rsa, ed25519]);
    const broken = changes.map(([, from, to]) => replaceIn(signed, from, to));
    const verdicts = dkimpyResults(broken, texts).flat();
    expect(verdicts).toHaveLength(changes.length * 2);
    expect(verdicts.filter((verdict) => verdict === true)).toEqual([]);
  });
});

test("any message that is signed verifies, and one changed byte that matters breaks it", async () => {
  const word = fc.string({ unit: fc.constantFrom(..."ab.=Z9 \t"), minLength: 0, maxLength: 12 });
  const line = fc.array(word, { maxLength: 6 }).map((words) => words.join(" "));
  const value = fc.string({ unit: fc.constantFrom(..."abc ;:=\t"), minLength: 1, maxLength: 30 });
  const run = fc.asyncProperty(fc.array(line, { maxLength: 12 }), value, fc.nat(), async (lines, subject, at) => {
    const fields = [...header.filter((field) => !field.startsWith("Subject")), `Subject: x${subject}`];
    const signed = Buffer.from(signDkim(message([...lines, "end"], fields), [ed25519]));
    expect(await mailauthResults(signed, texts)).toEqual(["pass"]);
    const original = signed.length - message([...lines, "end"], fields).length;
    const letters = [...signed.keys()].filter(
      (index) => index >= original && /[a-yA-Y0-8]/.test(String.fromCharCode(signed[index] ?? 0)),
    );
    const changed = letters[at % letters.length] ?? 0;
    signed[changed] = (signed[changed] ?? 0) + 1;
    const [result = "none"] = await mailauthResults(signed, texts);
    expect(result).not.toMatch(/^pass/);
  });
  await fc.assert(run, runs(60));
});

test("the fields of RFC 8463's example give its hash and its signature", () => {
  const seed = Buffer.from("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=", "base64");
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const fields = headerFields(
    [
      "From: Joe SixPack <joe@football.example.com>",
      "To: Suzie Q <suzie@shopping.example.net>",
      "Subject: Is dinner ready?",
      "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)",
      "Message-ID: <20030712040037.46341.5F8J@football.example.com>",
    ].join("\r\n"),
  );
  const hash = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=";
  const body = "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
  expect(bodyHash(Buffer.from(body), "relaxed")).toBe(hash);
  const unsigned = [
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;",
    " d=football.example.com; i=@football.example.com;",
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :",
    " subject : date : message-id : from : subject : date;",
    ` bh=${hash};`,
    " b=",
  ].join("\r\n");
  const names = ["from", "to", "subject", "date", "message-id", "from", "subject", "date"];
  const text = signedText(fieldsToSign(fields, names), unsigned, "relaxed");
  expect(signatureValue({ key, algorithm: "ed25519-sha256" }, text)).toBe(
    "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==",
  );
});

test("the hashes of an empty body are those of RFC 6376, sections 3.4.3 and 3.4.4", () => {
  expect(bodyHash(Buffer.alloc(0), "simple")).toBe("frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=");
  expect(bodyHash(Buffer.alloc(0), "relaxed")).toBe("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
});

test("the field is folded, and names each header as often as it stands and once more", () => {
  const clock = fixedClock(1_600_000_000_000);
  const head = headOf(createDkimSigner({ ...rsa, domain: "例子.中国" }, { clock }).sign(message()));
  const field = head.slice(0, head.indexOf("\r\nFrom:"));
  for (const line of field.split("\r\n")) expect(line.length).toBeLessThanOrEqual(78);
  const flat = field.replace(/\r\n /g, " ");
  expect(flat).toMatch(
    /^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed; d=xn--fsqu00a\.xn--fiqs8s; s=rsa2026; t=1600000000; h=/,
  );
  expect(/h=([^;]+);/.exec(flat)?.[1]?.replaceAll(" ", "")).toBe(
    "from:from:reply-to:to:to:cc:subject:subject:date:date:message-id:message-id:mime-version:mime-version:content-type:content-type:content-transfer-encoding",
  );
  expect(flat).not.toMatch(/ l=/);
});

test("headers and oversign choose what is signed", async () => {
  const signed = signDkim(message(), { ...ed25519, headers: ["From", "Subject", "X-Tag"], oversign: ["X-Tag"] });
  expect(headOf(signed)).toMatch(/h=from:subject:x-tag;/);
  expect(await mailauthResults(signed, texts)).toEqual(["pass"]);
});

test.each([" ", "\t", " a", "\r\n", " \r\n", "a  "])("a body of nothing but %j is hashed in linear time", (piece) => {
  expectLinearTime((size) => void bodyHash(Buffer.from(piece.repeat(size / piece.length)), "relaxed"));
});

test("what cannot be signed is told", () => {
  const unsigned = (bytes: string) => () => signDkim(Buffer.from(bytes), rsa);
  expect(unsigned("To: a@example.com\r\n\r\nHello")).toThrow("message has no From to sign. Set the sender.");
  expect(unsigned("From: a@example.com\n\nHello")).toThrow("ends in LF alone");
  expect(unsigned("From: a@example.com\r\n\r\nHel\rlo")).toThrow("has a CR without an LF");
});

test("a weak key is accepted, and the log told once", () => {
  const events: unknown[] = [];
  const logger = { log: (...event: unknown[]) => void events.push(event) };
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
  const signer = createDkimSigner([{ ...rsa, privateKey: weak }, ed25519], { logger });
  signer.sign(message());
  signer.sign(message());
  const warning = "dkim[0].privateKey is an RSA key of 1024 bits; make a new one of 2048.";
  expect(events).toEqual([["warn", "mail.dkim-key", { domain: "example.com", selector: "rsa2026", warning }]]);
});
