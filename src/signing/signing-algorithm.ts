/** What every algorithm that signs bytes can do. */

/** An algorithm of one's own can be given to a Signer. Text is taken as UTF-8. */
export interface SigningAlgorithm {
  /** The signature of `value` under `key`. */
  getSignature(key: Uint8Array, value: string | Uint8Array): Uint8Array;
  /** True when `signature` is that of `value` under `key`; takes the same time wherever they differ. */
  verifySignature(key: Uint8Array, value: string | Uint8Array, signature: Uint8Array): boolean;
}
