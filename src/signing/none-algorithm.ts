/** The algorithm that signs nothing: for reading and writing tokens that anyone could have made. */
import type { SigningAlgorithm } from "./signing-algorithm.ts";

/** An empty signature. It protects nothing, and is used only where the program asks for it by name. */
export class NoneAlgorithm implements SigningAlgorithm {
  getSignature(): Buffer {
    return Buffer.alloc(0);
  }

  verifySignature(_key: Uint8Array, _value: string | Uint8Array, signature: Uint8Array): boolean {
    return signature.length === 0;
  }
}
