/** The inner loops of composing in WebAssembly, with scratch memory of their own; absent where the platform has no SIMD. */
import { KERNEL_CODE } from "./kernel-code.ts";

/** Where the loops read: from 0, at most so many octets. */
export const KERNEL_INPUT_OCTETS: number = 768 * 1024;
/** Where they write. Some octets after an input are overwritten. */
export const KERNEL_OUTPUT: number = KERNEL_INPUT_OCTETS + 256;
/** How much fits there: twice the input. */
export const KERNEL_OUTPUT_OCTETS: number = 2 * KERNEL_INPUT_OCTETS;

/** What kernel.wat exports; each function takes addresses in `memory`, and one that writes returns the end of that. */
interface KernelExports {
  canonical(from: number, end: number, to: number): number;
  unsafe(): number;
  escapes(from: number, end: number): number;
  base64(from: number, end: number, to: number): number;
  quoted_printable(from: number, end: number, to: number): number;
}

/** The loops, and the memory in which they work. What stands there is lost at the next use. */
export interface Kernel extends Omit<KernelExports, "quoted_printable"> {
  readonly memory: Buffer;
  readonly quotedPrintable: KernelExports["quoted_printable"];
}

/** The part of the WebAssembly API that is used; @types/node does not declare it. */
interface WebAssemblyApi {
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object) => { exports: KernelExports & { memory: { buffer: ArrayBuffer } } };
}

let loaded: { kernel: Kernel | null } | undefined;

/** The kernel, loaded at its first use; null where it cannot run, and then plain JavaScript does the same. */
export function loadKernel(): Kernel | null {
  loaded ??= { kernel: instantiate() };
  return loaded.kernel;
}

function instantiate(): Kernel | null {
  const { WebAssembly } = globalThis as { WebAssembly?: WebAssemblyApi };
  if (WebAssembly === undefined) return null;
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(KERNEL_CODE, "base64")));
    const { quoted_printable: quotedPrintable, memory, ...loops } = exports;
    return { ...loops, quotedPrintable, memory: Buffer.from(memory.buffer) };
  } catch {
    return null; // a processor without SIMD
  }
}
