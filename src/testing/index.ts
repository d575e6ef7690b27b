/** "waxseal/testing": for the tests of those who use Waxseal. */
export type { InboxAttachment, InboxMail } from "../inbox/index.ts";
export { TestingError, type TestingErrorCode } from "./errors.ts";
export { type FixedClock, fixedClock } from "./clock.ts";
export { findLink, listenMailbox, type MailPattern, type TestMailbox, type WaitOptions } from "./mailbox.ts";
