import { chmodSync, createReadStream, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { tempFolder } from "../../../test/support/temp-folder.ts";
import { canDropRights, unprivileged } from "../../../test/support/unprivileged.ts";
import type { Attachment } from "../message-fields.ts";
import { areLoaded, loadAttachments, type LoadOptions } from "./load-attachments.ts";

const load = (attachments: Attachment[], options: LoadOptions = {}): Promise<Attachment[]> =>
  loadAttachments(attachments, options);

function file(name: string, content: string | Uint8Array): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, content);
  return path;
}

async function textsOf(attachments: Attachment[], options: LoadOptions = {}): Promise<string[]> {
  const loaded = await load(attachments, options);
  return loaded.map(({ content }) => Buffer.from(content as Uint8Array).toString("utf8"));
}

test("a file is read from its path or its file: URL, and named and typed by it", async () => {
  const path = file("报告.pdf", "%PDF");
  for (const given of [path, pathToFileURL(path), pathToFileURL(path).href]) {
    const [loaded] = await load([{ path: given }]);
    expect(loaded).toEqual({ content: Buffer.from("%PDF"), filename: "报告.pdf", contentType: "application/pdf" });
  }
});

test("a name and a type of its own win over those of the path, and no name keeps the type", async () => {
  const path = file("a.pdf", "x");
  const [named, typed, nameless] = await load([
    { path, filename: "b.txt" },
    { path, contentType: "text/x-log" },
    { path, filename: false },
  ]);
  expect(named).toMatchObject({ filename: "b.txt", contentType: undefined });
  expect(typed).toMatchObject({ filename: "a.pdf", contentType: "text/x-log" });
  expect(nameless).toMatchObject({ filename: false, contentType: "application/pdf" });
});

test("text and bytes at hand need no loading and stay as they are", async () => {
  const attachments = [{ content: "x", encoding: "base64" as const }, { content: Buffer.from("y") }, { raw: "z" }];
  expect(areLoaded(attachments)).toBe(true);
  const loaded = await load(attachments);
  expect(loaded.every((attachment, index) => attachment === attachments[index])).toBe(true);
  expect([areLoaded([{ path: "x" }]), areLoaded([{ content: Readable.from([]) }])]).toEqual([false, false]);
});

test("a generator may fill one buffer again and again", async () => {
  async function* refilled(): AsyncGenerator<Uint8Array> {
    const buffer = Buffer.alloc(4);
    for (const letter of ["a", "b", "", "c"]) {
      buffer.fill(letter);
      yield buffer.subarray(0, letter === "" ? 0 : 4);
    }
  }
  expect(await textsOf([{ content: refilled() }])).toEqual(["aaaabbbbcccc"]);
});

test("streams of every kind are read to their end", async () => {
  async function* generated(): AsyncGenerator<string | Uint8Array> {
    yield "gen";
    yield Buffer.from("erated");
  }
  const path = file("big", Buffer.alloc(300_000, "a"));
  const contents = [
    Readable.from([Buffer.from("no"), Buffer.from("de")]),
    Readable.from("text").setEncoding("utf8"),
    new Blob(["we", "b"]).stream(),
    generated(),
    createReadStream(path),
  ];
  const texts = await textsOf(contents.map((content) => ({ content })));
  expect(texts).toEqual(["node", "text", "web", "generated", "a".repeat(300_000)]);
});

test("a file that says it is empty is read to its end all the same", async () => {
  expect(await textsOf([{ path: file("empty", "") }])).toEqual([""]);
  if (process.platform === "linux") expect((await textsOf([{ path: "/proc/self/status" }]))[0]).toContain("Pid:");
});

test.each([
  ["missing", (folder: string) => join(folder, "nothing"), "does not exist"],
  ["a folder", (folder: string) => folder, "is a folder"],
  ["below a file", (folder: string) => join(folder, "file", "x"), "leads through a file"],
  ["with a NUL", (folder: string) => `${folder}/a\0b`, "cannot be read"],
  ["a circle", (folder: string) => (symlinkSync("circle", join(folder, "circle")), join(folder, "circle")), "circle"],
  ["too long", (folder: string) => join(folder, "x".repeat(300)), "longer than a path"],
])("a path that is %s is refused by its field", async (_, pathIn, problem) => {
  const folder = tempFolder();
  writeFileSync(join(folder, "file"), "");
  await expect(load([{ content: "x" }, { path: pathIn(folder) }])).rejects.toMatchObject({
    code: "WX_MESSAGE_FILE",
    field: "attachments[1].path",
    message: expect.stringContaining(problem) as string,
  });
});

test.skipIf(process.platform !== "linux")("a device is no file to attach, and is not opened", async () => {
  await expect(load([{ path: "/dev/zero" }])).rejects.toThrow("is no ordinary file");
});

test.runIf(canDropRights)("a file that this user may not read is refused", async () => {
  const path = file("secret", "x");
  chmodSync(path, 0);
  await expect(unprivileged(() => load([{ path }]))).rejects.toThrow("may not be read by this user");
});

test.each(["https://example.com/a.pdf", "http://169.254.169.254/", "ftp://x/y", new URL("https://example.com/")])(
  "%s is never fetched",
  async (path) => {
    await expect(load([{ path }])).rejects.toMatchObject({
      code: "WX_MESSAGE_FILE_ACCESS",
      field: "attachments[0].path",
      message: expect.stringContaining("Fetch it yourself") as string,
    });
  },
);

test("a path beside content or raw is refused, and so is one that is no text", async () => {
  await expect(load([{ path: "a", content: "b" }])).rejects.toThrow("attachments[0] has path and content");
  await expect(load([{ path: "a", raw: "b" }])).rejects.toThrow("attachments[0] has path and raw");
  await expect(load([{ path: 5 as unknown as string }])).rejects.toMatchObject({ code: "WX_MESSAGE_TYPE" });
});

test("with a root, only what really lies in it is attached", async () => {
  const root = tempFolder();
  const elsewhere = file("secret.txt", "secret");
  mkdirSync(join(root, "in"));
  writeFileSync(join(root, "in", "a.txt"), "inside");
  writeFileSync(join(root, "..a.txt"), "dots");
  symlinkSync(elsewhere, join(root, "link"));
  symlinkSync(join(root, "in"), join(root, "folder-link"));
  const link = join(tempFolder(), "root-link");
  symlinkSync(root, link);

  const within = ["in/a.txt", join(root, "in/a.txt"), "in/../in/a.txt", "folder-link/a.txt", join(link, "in/a.txt")];
  expect(
    await textsOf(
      [...within.slice(0, 4), "..a.txt"].map((path) => ({ path })),
      { attachmentRoot: root },
    ),
  ).toEqual([...Array<string>(4).fill("inside"), "dots"]);
  expect(
    await textsOf(
      within.map((path) => ({ path })),
      { attachmentRoot: link },
    ),
  ).toEqual(Array<string>(5).fill("inside"));
  for (const path of [elsewhere, "../x", "..", "link", "in/../../x", pathToFileURL(elsewhere), "/", `${root}-next/x`]) {
    await expect(load([{ path }], { attachmentRoot: root }), String(path)).rejects.toMatchObject({
      code: "WX_MESSAGE_FILE_ACCESS",
      field: "attachments[0].path",
      message: expect.stringContaining("outside of attachmentRoot") as string,
    });
  }
});

test("outside of the root nobody learns what is there, and a root that is not there is named", async () => {
  const root = tempFolder();
  const missing = await load([{ path: "/no/such/file" }], { attachmentRoot: root }).catch((error: unknown) => error);
  expect(missing).toMatchObject({ code: "WX_MESSAGE_FILE_ACCESS" });
  const options = { attachmentRoot: join(root, "gone") };
  await expect(load([{ path: "a" }], options)).rejects.toMatchObject({ field: "attachmentRoot" });
});

test("with file access disabled every path is refused but data: URLs", async () => {
  const path = file("a.txt", "x");
  for (const given of [path, pathToFileURL(path), pathToFileURL(path).href, "nothing"]) {
    const loading = load([{ path: given }], { disableFileAccess: true });
    await expect(loading).rejects.toMatchObject({ code: "WX_MESSAGE_FILE_ACCESS", field: "attachments[0].path" });
  }
  expect(await textsOf([{ path: "data:,ok" }], { disableFileAccess: true })).toEqual(["ok"]);
});

test("what is too large is known from the files' sizes, before one is read", async () => {
  const [small, large] = [file("small", "x"), file("large", "")];
  truncateSync(large, 2 ** 40);
  const loading = load([{ path: small }, { path: large }], { maxMessageBytes: 1_000_000 });
  await expect(loading).rejects.toMatchObject({
    code: "WX_MESSAGE_TOO_LARGE",
    field: "attachments[1].path",
    message: expect.stringContaining("1000000") as string,
  });
});

test("a stream without end is read to the limit and stopped", async () => {
  let pulled = 0;
  const endless = new Readable({
    read() {
      pulled += 65_536;
      this.push(Buffer.alloc(65_536));
    },
  });
  const loading = load([{ content: "x" }, { content: endless }], { maxMessageBytes: 1_000_000 });
  await expect(loading).rejects.toMatchObject({ code: "WX_MESSAGE_TOO_LARGE", field: "attachments[1].content" });
  expect(endless.destroyed).toBe(true);
  expect(pulled).toBeLessThan(2_000_000);
});

test("text that stands for bytes is not measured by its letters", async () => {
  const options = { maxMessageBytes: 600 };
  await expect(load([{ content: "00".repeat(500), encoding: "hex" }], options)).resolves.toHaveLength(1);
  await expect(load([{ content: "0".repeat(1000) }], options)).rejects.toMatchObject({ code: "WX_MESSAGE_TOO_LARGE" });
});

test("a stream that fails midway is stopped, and its error is the cause", async () => {
  const cause = new Error("disk on fire");
  let returned = false;
  async function* failing(): AsyncGenerator<string> {
    yield "a";
    throw cause;
  }
  async function* odd(): AsyncGenerator<string> {
    try {
      yield "a";
      yield 5 as unknown as string;
    } finally {
      returned = true;
    }
  }
  const node = Readable.from(failing());
  for (const content of [node, failing(), ReadableStream.from(failing())]) {
    const loading = load([{ content }]);
    await expect(loading).rejects.toMatchObject({
      code: "WX_MESSAGE_STREAM",
      field: "attachments[0].content",
      message: expect.stringContaining("disk on fire") as string,
      cause,
    });
  }
  expect(node.destroyed).toBe(true);
  await expect(load([{ content: odd() }])).rejects.toThrow("gave a value of type number");
  expect(returned).toBe(true);
});

test("a file stream of nothing is a refusal, and does not end the process while others are looked at", async () => {
  const missing = createReadStream(join(tempFolder(), "nothing"));
  const slow = Readable.from(
    (async function* () {
      for (let turn = 0; turn < 5; turn++) yield await new Promise<string>((done) => setImmediate(done, "x"));
    })(),
  );
  await expect(load([{ content: slow }, { content: missing }])).rejects.toMatchObject({
    code: "WX_MESSAGE_STREAM",
    field: "attachments[1].content",
    message: expect.stringContaining("ENOENT") as string,
  });
});

test("when one attachment is refused, the streams of the others are stopped", async () => {
  const node = Readable.from(["x"]);
  let cancelled = false;
  const web = new ReadableStream({ cancel: () => void (cancelled = true) });
  await expect(load([{ content: node }, { content: web }, { path: "/no/such/file" }])).rejects.toThrow(
    "does not exist",
  );
  expect([node.destroyed, cancelled]).toEqual([true, true]);
});

test("a stream is read once: read again, or closed, it is refused rather than empty", async () => {
  async function* generated(): AsyncGenerator<string> {
    yield "x";
  }
  const closed = Readable.from(["x"]);
  closed.destroy();
  const elsewhere = Readable.from(["x"]);
  for await (const _ of elsewhere);
  await expect(load([{ content: closed }])).rejects.toThrow("was read already, or closed");
  await expect(load([{ content: elsewhere }])).rejects.toThrow("was read already, or closed");
  for (const content of [Readable.from(["x"]), new Blob(["x"]).stream(), generated()]) {
    expect(await textsOf([{ content }])).toEqual(["x"]);
    await expect(load([{ content }])).rejects.toThrow("was read already, or closed");
  }
  const anew = { [Symbol.asyncIterator]: generated };
  expect(await textsOf([{ content: anew }, { content: anew }])).toEqual(["x", "x"]);
});

test("the signal ends the wait for a stream that gives nothing, and stops it", async () => {
  const reason = new Error("enough");
  const node = new Readable({ read() {} });
  let cancelled = false;
  const web = new ReadableStream({ cancel: () => void (cancelled = true) });
  const never = (async function* (): AsyncGenerator<string> {
    await new Promise(() => {});
    yield "";
  })();
  for (const content of [node, web, never]) {
    const controller = new AbortController();
    const loading = load([{ content }], { signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(loading).rejects.toBe(reason);
  }
  expect([node.destroyed, cancelled]).toEqual([true, true]);
});

test("the signal ends the reading of a file", async () => {
  const path = file("a", "x");
  await expect(load([{ path }], { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
});

test("a Blob or an uploaded File is read, with its name and type, and its size is known before", async () => {
  const upload = new File(["a,b"], "report.csv", { type: "text/x-csv" });
  const [uploaded, blob, named] = await load([
    { content: upload },
    { content: new Blob(["x"]) },
    { content: upload, filename: "b.txt", contentType: "text/plain" },
  ]);
  expect(uploaded).toMatchObject({ filename: "report.csv", contentType: "text/x-csv" });
  expect(Buffer.from(uploaded?.content as Uint8Array).toString()).toBe("a,b");
  expect(blob).toMatchObject({ filename: undefined, contentType: undefined });
  expect(named).toMatchObject({ filename: "b.txt", contentType: "text/plain" });
  await expect(load([{ content: upload }], { maxMessageBytes: 2 })).rejects.toMatchObject({
    code: "WX_MESSAGE_TOO_LARGE",
    field: "attachments[0].content",
  });
});

test("what is no attachment is left for compose to refuse by its field", async () => {
  const odd = [null, "a.txt", { path: "data:,x" }] as unknown as Attachment[];
  expect(areLoaded("a.txt" as unknown as Attachment[])).toBe(true);
  expect(areLoaded(odd.slice(0, 2))).toBe(true);
  expect((await load(odd)).slice(0, 2)).toEqual([null, "a.txt"]);
});
