/** "waxseal/testing": for the tests of those who use Waxseal. */
export type { InboxAttachment, InboxMail } from "../inbox/index.ts";
export { TestingError, type TestingErrorCode } from "./errors.ts";
export { type FixedClock, fixedClock } from "./clock.ts";
export { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "./fake-provider/fake-provider.ts";
export type { FakeContext, FakeFault, FakeStage } from "./fake-provider/fault.ts";
export type { FakeCounts, FakeMessage, FakeSecurity } from "./fake-provider/house.ts";
export type { FakeLimits, FakeProfileName } from "./fake-provider/profile.ts";
export { findLink, listenMailbox, type MailPattern, type TestMailbox, type WaitOptions } from "./mailbox.ts";
