/** A backend that sends in another way and is the same in all else. */
import type { Backend } from "../backend.ts";

/**
 * The backend with `send` in place of its own: for what stands around a backend, such as a log or a measure.
 *
 * @example
 * withSend(backend, async (envelope, bytes, options) => {
 *   console.log(envelope.to.length, "recipients");
 *   return backend.send(envelope, bytes, options);
 * });
 */
export function withSend(backend: Backend, send: Backend["send"]): Backend {
  const close = async (): Promise<void> => backend.close?.();
  return {
    headerEncoding: backend.headerEncoding,
    send,
    ...(backend.open !== undefined && { open: async (options) => backend.open?.(options) }),
    ...(backend.verify !== undefined && { verify: async (options) => backend.verify?.(options) }),
    ...(backend.connections !== undefined && { connections: backend.connections.bind(backend) }),
    ...(backend.close !== undefined && { close, [Symbol.asyncDispose]: close }),
  };
}
