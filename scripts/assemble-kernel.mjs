// Assembles src/mail/mime/kernel.wat into kernel-code.ts beside it; with --check, only says whether that is up to date.
//
// It knows the part of WebAssembly's text format that the kernel uses: one memory, i32 globals, functions with named
// parameters and locals, and instructions written one after the other with named labels.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("../src/mail/mime/", import.meta.url);
const source = fileURLToPath(new URL("kernel.wat", folder));
const target = fileURLToPath(new URL("kernel-code.ts", folder));

const TYPES = { i32: 0x7f, v128: 0x7b };
const EMPTY_BLOCK = 0x40;
const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Instructions without immediates; those of vectors have the prefix 0xfd. */
const PLAIN = {
  else: [0x05], end: [0x0b], return: [0x0f], select: [0x1b],
  "i32.eqz": [0x45], "i32.eq": [0x46], "i32.ne": [0x47], "i32.lt_u": [0x49], "i32.gt_u": [0x4b], "i32.ge_u": [0x4f],
  "i32.ctz": [0x68], "i32.popcnt": [0x69], "i32.add": [0x6a], "i32.sub": [0x6b], "i32.mul": [0x6c],
  "i32.div_u": [0x6e], "i32.rem_u": [0x70], "i32.and": [0x71], "i32.or": [0x72], "i32.shr_u": [0x76],
  "i8x16.swizzle": vector(0x0e), "i8x16.eq": vector(0x23), "i8x16.lt_s": vector(0x25),
  "v128.and": vector(0x4e), "v128.andnot": vector(0x4f), "v128.or": vector(0x50), "v128.any_true": vector(0x53),
  "i8x16.bitmask": vector(0x64), "i8x16.add": vector(0x6e), "i8x16.sub_sat_u": vector(0x73),
  "i32x4.shl": vector(0xab), "i32x4.shr_u": vector(0xad),
}; // prettier-ignore
/** Instructions with an alignment and an offset; the kernel's accesses are unaligned. */
const MEMORY = {
  "i32.load": [0x28], "i32.load8_u": [0x2d], "i32.load16_u": [0x2f], "i32.store": [0x36], "i32.store8": [0x3a], "i32.store16": [0x3b],
  "v128.load": vector(0x00), "v128.store": vector(0x0b),
}; // prettier-ignore
const INDEXED = {
  "local.get": 0x20,
  "local.set": 0x21,
  "local.tee": 0x22,
  "global.get": 0x23,
  "global.set": 0x24,
  call: 0x10,
};
const BRANCHES = { br: 0x0c, br_if: 0x0d };
const OPENERS = { block: 0x02, loop: 0x03, if: 0x04 };

function vector(code) {
  return [0xfd, ...unsigned(code)];
}

/** LEB128. */
function unsigned(value) {
  const bytes = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

function signed(value) {
  const bytes = [];
  for (; value < -64 || value > 63; value >>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value & 0x7f];
}

function vectorOf(items) {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id, bytes) {
  return [id, ...unsigned(bytes.length), ...bytes];
}

function name(text) {
  return vectorOf([...Buffer.from(text)].map((byte) => [byte]));
}

/** Nested lists of words. */
function parse(text) {
  const stack = [[]];
  for (const [token] of text.replace(/;;.*/g, "").matchAll(/[()]|"[^"]*"|[^\s()]+/g)) {
    if (token === "(") stack.push([]);
    else if (token === ")") stack.at(-2).push(stack.pop());
    else stack.at(-1).push(token);
  }
  return stack[0][0];
}

function readFunction([, ...items]) {
  const found = { exported: undefined, name: undefined, params: [], locals: [], results: [], code: [] };
  for (const item of items) {
    if (!Array.isArray(item)) {
      if (found.name === undefined && found.code.length === 0 && item.startsWith("$")) found.name = item;
      else found.code.push(item);
    } else if (item[0] === "export") found.exported = item[1].slice(1, -1);
    else if (item[0] === "param") found.params.push({ name: item[1], type: item[2] });
    else if (item[0] === "local") found.locals.push({ name: item[1], type: item[2] });
    else if (item[0] === "result") found.results.push(item[1]);
    else throw new Error(`unknown: (${item[0]} ...)`);
  }
  return found;
}

function assembleCode({ params, locals, code }, functions, globals) {
  const variables = [...params, ...locals].map((variable) => variable.name);
  const labels = [];
  const bytes = [];
  const words = code[Symbol.iterator]();
  const take = () => words.next().value;
  const indexIn = (names, word) => {
    const index = names.indexOf(word);
    if (index < 0) throw new Error(`unknown name ${word}`);
    return unsigned(index);
  };
  let ahead = take();
  while (ahead !== undefined) {
    const word = ahead;
    ahead = take();
    const next = () => {
      const taken = ahead;
      ahead = take();
      return taken;
    };
    if (word in PLAIN) {
      if (word === "end") labels.pop();
      bytes.push(...PLAIN[word]);
    } else if (word in MEMORY) {
      const offset = /^\d/.test(ahead ?? "") ? Number(next()) : 0;
      bytes.push(...MEMORY[word], 0, ...unsigned(offset));
    } else if (word in INDEXED) {
      const names = word.startsWith("local") ? variables : word === "call" ? functions : globals;
      bytes.push(INDEXED[word], ...indexIn(names, next()));
    } else if (word in OPENERS) {
      labels.push(ahead?.startsWith("$") ? next() : "");
      bytes.push(OPENERS[word], EMPTY_BLOCK);
    } else if (word in BRANCHES) {
      const depth = labels.toReversed().indexOf(next());
      if (depth < 0) throw new Error(`${word} to an unknown label`);
      bytes.push(BRANCHES[word], ...unsigned(depth));
    } else if (word === "i32.const") bytes.push(0x41, ...signed(Number(next()) | 0));
    else if (word === "v128.const") bytes.push(...vector(0x0c), ...lanes(next(), next));
    else if (word === "i8x16.shuffle") bytes.push(...vector(0x0d), ...lanes("i8x16", next));
    else throw new Error(`unknown instruction ${word}`);
  }
  return [...vectorOf(locals.map(({ type }) => [1, TYPES[type]])), ...bytes, ...PLAIN.end];
}

function lanes(shape, next) {
  if (shape === "i8x16") return Array.from({ length: 16 }, () => Number(next()) & 0xff);
  return Array.from({ length: 4 }, () => Number(next())).flatMap((lane) =>
    [0, 8, 16, 24].map((bit) => (lane >>> bit) & 0xff),
  );
}

function assemble(text) {
  const [, ...fields] = parse(text);
  const memory = fields.find(([kind]) => kind === "memory");
  const globals = fields.filter(([kind]) => kind === "global");
  const functions = fields.filter(([kind]) => kind === "func").map(readFunction);
  const exports = functions.flatMap(({ exported }, index) =>
    exported === undefined ? [] : [[...name(exported), 0, ...unsigned(index)]],
  );
  const types = functions.map(({ params, results }) => [
    0x60,
    ...vectorOf(params.map(({ type }) => [TYPES[type]])),
    ...vectorOf(results.map((type) => [TYPES[type]])),
  ]);
  const bodies = functions.map((one) => {
    const code = assembleCode(
      one,
      functions.map((other) => other.name),
      globals.map(([, global]) => global),
    );
    return [...unsigned(code.length), ...code];
  });
  const pages = unsigned(Number(memory.at(-1)));
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(1, vectorOf(types)),
    ...section(3, vectorOf(functions.map((_, index) => unsigned(index)))),
    ...section(5, vectorOf([[1, ...pages, ...pages]])),
    ...section(6, vectorOf(globals.map(() => [TYPES.i32, 1, 0x41, 0, ...PLAIN.end]))),
    ...section(7, vectorOf([[...name("memory"), 2, 0], ...exports])),
    ...section(10, vectorOf(bodies)),
  ]);
}

const code = Buffer.from(assemble(readFileSync(source, "utf8"))).toString("base64");
const output = `/** kernel.wat, assembled by scripts/assemble-kernel.mjs. */
export const KERNEL_CODE: string =
${code
  .match(/.{1,100}/g)
  .map((line) => `  "${line}"`)
  .join(" +\n")};
`;
if (!process.argv.includes("--check")) writeFileSync(target, output);
else if (readFileSync(target, "utf8") !== output) {
  console.error("src/mail/mime/kernel-code.ts is not what kernel.wat says. Run: node scripts/assemble-kernel.mjs");
  process.exitCode = 1;
}
