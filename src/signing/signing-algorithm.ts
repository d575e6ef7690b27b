/** What every algorithm that signs bytes can do. */

export interface SigningAlgorithm {
  /** The signature of `value` under `key`. */
  getSignature(key: Uint8Array, value: string): Buffer;
  /** True when `signature` is that of `value` under `key`; takes the same time wherever they differ. */
  verifySignature(key: Uint8Array, value: string, signature: Uint8Array): boolean;
}
