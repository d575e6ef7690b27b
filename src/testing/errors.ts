/** What a test is told when what it waits for does not come. */
import { WaxsealError } from "../base/index.ts";

/** The codes of a `TestingError`. */
export type TestingErrorCode = "WX_TEST_NO_MAIL" | "WX_TEST_OPTION";

/**
 * Codes: `WX_TEST_NO_MAIL` no mail of the kind came in time; the text lists what did come. `WX_TEST_OPTION` a fake
 * provider or a mailbox was given a profile, an option or a fault that does not exist.
 */
export class TestingError extends WaxsealError {
  static override readonly brand: string = "TestingError";
  declare readonly code: TestingErrorCode;

  constructor(code: TestingErrorCode, message: string) {
    super(code, message);
  }
}
