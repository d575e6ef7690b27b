/** A backend that sends in another way and is the same in all else. */
import type { Backend } from "../backend.ts";

/** The backend with `send` in place of its own. */
export function withSend(backend: Backend, send: Backend["send"]): Backend {
  const close = async (): Promise<void> => backend.close?.();
  return {
    headerEncoding: backend.headerEncoding,
    send,
    ...(backend.open !== undefined && { open: async (options) => backend.open?.(options) }),
    ...(backend.verify !== undefined && { verify: async (options) => backend.verify?.(options) }),
    ...(backend.close !== undefined && { close, [Symbol.asyncDispose]: close }),
  };
}
