import { generate, type SelfsignedOptions } from "selfsigned";
import { expect, test } from "vitest";
import { isInTime, readCertificate } from "./sns-certificate.ts";

const NOW = Date.parse("2026-03-02T12:00:00Z");
const DAY_MS = 86_400_000;

interface Pair {
  key: string;
  cert: string;
}

interface Wanted {
  by?: Pair;
  isAuthority?: boolean;
  alternative?: string;
  /** Its last day, counted from now. */
  endsInDays?: number;
}

async function issue(name: string, { by, isAuthority = false, alternative, endsInDays = 1 }: Wanted): Promise<Pair> {
  const extensions: NonNullable<SelfsignedOptions["extensions"]> = [
    { name: "basicConstraints", cA: isAuthority, critical: true },
  ];
  if (isAuthority) extensions.push({ name: "keyUsage", keyCertSign: true, critical: true });
  if (alternative !== undefined)
    extensions.push({ name: "subjectAltName", altNames: [{ type: 2, value: alternative }] });
  const pair = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: new Date(NOW - 9 * DAY_MS),
    notAfterDate: new Date(NOW + endsInDays * DAY_MS),
    extensions,
    ...(by !== undefined && { ca: by }),
  });
  return { key: pair.private, cert: pair.cert };
}

const SNS = "sns.amazonaws.com";
const authority = { isAuthority: true };
const root = await issue("Root", authority);
const middle = await issue("Middle", { ...authority, by: root });
const signing = await issue(SNS, { by: middle });
const roots = [(await issue("Other Root", authority)).cert, root.cert];
const read = (...chain: readonly Pair[]) =>
  readCertificate(`some text\n${chain.map(({ cert }) => cert).join("\n")}\n`, NOW, roots);

test("a chain that leads to an authority is taken, in whatever order its certificates come", async () => {
  const lower = await issue("Lower", { ...authority, by: middle });
  const deep = await issue(SNS, { by: lower });
  expect(read(signing, middle)?.subject).toBe(`CN=${SNS}`);
  expect(read(signing, middle, root)).toBeDefined();
  expect(read(deep, middle, lower)).toBeDefined();
  expect(read(await issue(SNS, { by: root }))).toBeDefined();
});

test("alone, without the certificate that issued it, it is taken for its origin, as SNS serves it so", () => {
  expect(read(signing)).toBeDefined();
});

const [strange, late, weak] = await Promise.all([
  issue("Strange Root", authority),
  issue("Middle", { ...authority, by: root, endsInDays: -1 }),
  issue("Middle", { by: root }),
]);
test.each<[string, readonly Pair[]]>([
  ["no certificate", []],
  ["one that signed itself", [await issue(SNS, {})]],
  ["an authority's own", [await issue(SNS, authority)]],
  ["a chain to an authority that nobody trusts", [await issue(SNS, { by: strange }), strange]],
  ["a chain that breaks off", [signing, strange]],
  ["a chain over one that may not issue", [await issue(SNS, { by: weak }), weak]],
  ["a chain over one whose time is over", [await issue(SNS, { by: late }), late]],
  ["one whose own time is over", [await issue(SNS, { by: middle, endsInDays: -1 }), middle]],
  ["somebody else's", [await issue("shop.example", { by: middle }), middle]],
  ["a name that only ends alike", [await issue("evil-sns.amazonaws.com", { by: middle }), middle]],
  ["a name that only begins alike", [await issue("sns.amazonaws.com.evil.example", { by: middle }), middle]],
  ["a bucket", [await issue("sns.evil.s3.amazonaws.com", { by: middle }), middle]],
])("%s is not taken", (_what, chain) => {
  expect(read(...chain)).toBeUndefined();
});

test("the same names with another key under them do not make a chain", async () => {
  const copy = await issue("Middle", { ...authority, by: root });
  expect(read(await issue(SNS, { by: copy }), middle)).toBeUndefined();
});

test.each([
  SNS,
  "sns.eu-west-1.amazonaws.com",
  "sns-signing.ap-east-1.amazonaws.com",
  "sns-us-gov-west-1.amazonaws.com",
  "sns-cn-north-1.amazonaws.com.cn",
])("SNS is called %s in its regions, as a subject or beside another", async (name) => {
  expect(read(await issue(name, { by: middle }))).toBeDefined();
  expect(read(await issue("Amazon", { by: middle, alternative: name }))).toBeDefined();
});

test("whether it is in its time is asked at each message", () => {
  const certificate = read(signing, middle);
  expect([NOW, NOW - 10 * DAY_MS, NOW + 2 * DAY_MS].map((at) => certificate && isInTime(certificate, at))).toEqual([
    true,
    false,
    false,
  ]);
});
