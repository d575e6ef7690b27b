import * as fc from "fast-check";
import { expect, test } from "vitest";
import { eachDatabase } from "../../../test/support/postgres.ts";
import { runs } from "../../../test/support/property.ts";
import { guardFormula, unguardFormula } from "./formula.ts";
import { importCsv } from "./import-csv.ts";
import type { SuppressionRow } from "./store.ts";
import { createSuppressions } from "./suppressions.ts";
import type { ImportOptions, ImportReport, NewSuppression } from "./types.ts";

interface Read {
  report: ImportReport;
  entries: (NewSuppression & { createdAt: number | undefined })[];
  /** The size of each batch. */
  saved: number[];
}

async function read(file: string | AsyncIterable<string>, options: ImportOptions = {}): Promise<Read> {
  const entries: Read["entries"] = [];
  const saved: number[] = [];
  const source = typeof file === "string" ? pieces(file) : file;
  const report = await importCsv(source, options, {
    complete: (entry, createdAt) => {
      if (!entry.address.includes("@")) throw new Error("no address");
      if (entries.length < 1000) entries.push({ ...entry, createdAt });
      const { address, stream = "", reason = "" } = entry;
      return { address_key: address, stream, reason } as SuppressionRow;
    },
    save: async (rows) => void saved.push(rows.length),
  });
  return { report, entries, saved };
}

async function* pieces(...texts: string[]): AsyncIterable<string> {
  yield* texts;
}

test.each([
  [
    "SES",
    "EmailAddress,Reason,LastUpdateTime\nann@example.com,BOUNCE,2026-01-02T03:04:05.678000+00:00\n",
    { reason: "bounce", detail: "", createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678) },
  ],
  [
    "SendGrid (bounces)",
    'status,reason,email,created\n5.1.1,"550 5.1.1 no such user",ann@example.com,1767323045\n',
    { reason: "bounce", detail: "550 5.1.1 no such user", createdAt: Date.UTC(2026, 0, 2, 3, 4, 5) },
  ],
  [
    "Postmark",
    "EmailAddress,SuppressionReason,Origin,CreatedAt\nann@example.com,SpamComplaint,Recipient,2026-01-02T03:04:05-00:00\n",
    { reason: "complaint", detail: "", createdAt: Date.UTC(2026, 0, 2, 3, 4, 5) },
  ],
  [
    "Mailgun (bounces)",
    'address,code,error,created_at\nann@example.com,550,"No such mailbox","Fri, 02 Jan 2026 03:04:05 UTC"\n',
    { reason: "bounce", detail: "No such mailbox", createdAt: Date.UTC(2026, 0, 2, 3, 4, 5) },
  ],
])("the export of %s is understood", async (_provider, file, expected) => {
  const { report, entries } = await read(file, { reason: "bounce" });
  expect(report.problems).toEqual([]);
  expect(entries).toEqual([{ address: "ann@example.com", stream: "", ...expected }]);
});

test("a time without a zone is UTC, whatever the zone of this machine", async () => {
  const { entries } = await read("email,created\nann@example.com,2026-01-02 03:04\n", { reason: "manual" });
  expect(entries[0]?.createdAt).toBe(Date.UTC(2026, 0, 2, 3, 4));
});

test("an empty end means never, and a file without that column leaves it to the reason", async () => {
  const { entries } = await read("address,reason,expires_at\na@b.c,bounce,\n");
  expect(entries[0]?.expiresAt).toBeNull();
  const { entries: others } = await read("address,reason\na@b.c,bounce\n");
  expect(others[0]).not.toHaveProperty("expiresAt");
});

test.each([
  ["name,phone\nann,1\n", /names no column for addresses; it is "name,phone"/],
  ["ann@example.com\n", /Begin the file with a header/],
])("a file without a column of addresses is refused: %j", async (file, words) => {
  await expect(read(file)).rejects.toThrow(words);
  await expect(read(file)).rejects.toMatchObject({ code: "WX_OUTBOX_SUPPRESSION" });
});

test("an empty file is read as nothing", async () => {
  expect((await read("")).report).toEqual({ read: 0, taken: 0, skipped: 0, problems: [] });
});

test("a line with a malformed quote is told with its number, and the others are taken", async () => {
  async function* file(): AsyncIterable<string> {
    yield '\ufeffaddress,reason,detail\na@b.c,manual,"x" y\n"oops,manual\n';
    for (let line = 0; line < 5000; line++) yield "x@y.z,manual\n";
  }
  const { report } = await read(file());
  expect(report).toMatchObject({ read: 5002, taken: 5000, skipped: 2 });
  expect(report.problems).toEqual([
    { line: 2, problem: expect.stringContaining("text follows the quote that ends a cell") },
    { line: 3, problem: expect.stringContaining("a quote opens a cell and does not close it") },
  ]);
  await expect(read('address,"reason\na@b.c,manual\n')).rejects.toThrow("In line 1, a quote opens a cell");
});

test("a signal ends the reading", async () => {
  const controller = new AbortController();
  async function* endless(): AsyncIterable<string> {
    yield "address,reason\n";
    for (let line = 0; ; line++) {
      if (line === 5000) controller.abort(new Error("enough"));
      yield `u${line}@example.com,manual\n`;
    }
  }
  await expect(read(endless(), { signal: controller.signal })).rejects.toThrow(/abort/i);
});

test("a long file is saved in batches, each address once in a batch", async () => {
  async function* lines(): AsyncIterable<string> {
    yield "address,reason\n";
    for (let line = 0; line < 1200; line++) yield `u${line % 400}@example.com,manual\n`;
  }
  const { report, saved } = await read(lines());
  expect([report.read, report.taken]).toEqual([1200, 1200]);
  expect(Math.max(...saved)).toBeLessThanOrEqual(500);
});

test("only the first hundred problems are kept, and all are counted", async () => {
  const { report } = await read(`address,reason\n${"nobody,manual\n".repeat(250)}`);
  expect([report.skipped, report.problems.length]).toEqual([250, 100]);
});

test.each(["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "'=1", "''+1"])("%j is guarded from spreadsheets", (text) => {
  expect(guardFormula(text)).toBe(`'${text}`);
});

test("what is guarded comes back as it was, and so does what is not", () => {
  const text = fc.string({ unit: fc.constantFrom("'", "=", "+", "-", "@", "\t", "a", "1", "＝") });
  fc.assert(
    fc.property(text, (value) => {
      expect(unguardFormula(guardFormula(value))).toBe(value);
    }),
    runs(1000),
  );
});

eachDatabase((open) => {
  test("of two lines for the same entry the later end holds, near each other or far apart", async () => {
    const suppressions = createSuppressions({ database: await open() });
    const ends = { near: ["", "2026-04-01"], between: ["2026-05-01", "2026-04-01"], far: ["", "2026-04-01"] };
    async function* file(): AsyncIterable<string> {
      yield "address,reason,detail,expires_at\n";
      for (const name of ["near", "between"] as const) {
        for (const end of ends[name]) yield `${name}@example.com,bounce,until ${end},${end}\n`;
      }
      yield `far@example.com,bounce,,${ends.far[0]}\n`;
      for (let line = 0; line < 1000; line++) yield `u${line}@example.com,bounce,,\n`;
      yield `far@example.com,bounce,until ${ends.far[1]},${ends.far[1]}\n`;
    }
    await suppressions.importCsv(file());
    const one = async (name: string) => (await suppressions.get(`${name}@example.com`))[0];
    expect(await one("near")).toMatchObject({ detail: "until 2026-04-01", expiresAt: undefined });
    expect(await one("between")).toMatchObject({ expiresAt: Date.parse("2026-05-01") });
    expect(await one("far")).toMatchObject({ detail: "until 2026-04-01", expiresAt: undefined });
  });

  test("a NUL, which no database takes everywhere, costs no more than its own line", async () => {
    const suppressions = createSuppressions({ database: await open() });
    async function* file(): AsyncIterable<string> {
      yield "address,stream,reason,detail\nann@example.com,,bounce,550 \0no\nbob@example.com,ne\0ws,unsubscribe,\n";
      yield "cai@example.com,,bounce,\n";
    }
    const { taken, problems } = await suppressions.importCsv(file());
    expect([taken, problems]).toEqual([2, [{ line: 3, problem: expect.stringContaining("stream") }]]);
    expect(await suppressions.get("ann@example.com")).toMatchObject([{ detail: "550 no" }]);
    expect(await suppressions.get("cai@example.com")).toHaveLength(1);
  });
});
