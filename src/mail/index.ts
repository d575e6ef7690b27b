/** "waxseal/mail": messages, addresses, the bytes they become, and the ways out. */
export { type AddressOptions, toAsciiAddress } from "./addr-spec.ts";
export {
  formatMailbox,
  type Mailbox,
  type MailboxList,
  parseMailbox,
  parseMailboxes,
  parseMailboxText,
} from "./address.ts";
export {
  type Backend,
  type BackendCallOptions,
  type BackendConnections,
  type Envelope,
  type QueuedMessage,
  type Receipt,
  receiptForAll,
  type RecipientRefusal,
} from "./backend.ts";
export { consoleBackend, type ConsoleBackendOptions } from "./backends/console.ts";
export { dummyBackend, type DummyBackend } from "./backends/dummy.ts";
export { failover } from "./backends/failover.ts";
export { fileBackend, type FileBackendOptions } from "./backends/file.ts";
export { aliyunBackend, type AliyunOptions } from "./backends/http/aliyun.ts";
export type { HttpOptions } from "./backends/http/endpoint.ts";
export { mailgunBackend, type MailgunOptions } from "./backends/http/mailgun.ts";
export { postmarkBackend, type PostmarkOptions } from "./backends/http/postmark.ts";
export { resendBackend, type ResendOptions } from "./backends/http/resend.ts";
export { sendgridBackend, type SendgridOptions } from "./backends/http/sendgrid.ts";
export { sesBackend, type SesOptions } from "./backends/http/ses.ts";
export { tencentBackend, type TencentOptions } from "./backends/http/tencent.ts";
export { memoryBackend, type MemoryBackend, type MemoryBackendOptions, type OutboxEntry } from "./backends/memory.ts";
export { nodemailerBackend, type NodemailerMessage, type NodemailerTransporter } from "./backends/nodemailer.ts";
export { findProvider, providers } from "./providers/find-provider.ts";
export type { SmtpDiagnosis } from "../smtp/index.ts";
export type { Provider, ProviderAuth, ProviderLimits } from "./providers/provider.ts";
export { type SmtpBackendOptions, smtpOptionsFor } from "./providers/smtp-options.ts";
export { roundrobin } from "./backends/roundrobin.ts";
export type { WaysOptions } from "./backends/several-ways.ts";
export { smtpBackend } from "./backends/smtp.ts";
export { withSend } from "./backends/with-send.ts";
export {
  type CompiledMail,
  type WaxsealSentInfo,
  waxsealTransport,
  type WaxsealTransport,
  type WaxsealTransportOptions,
} from "./backends/waxseal-transport.ts";
export type { WaxsealTransportError } from "./backends/waxseal-transport-error.ts";
export type { FileAccess } from "./content/file-access.ts";
export type { HeaderEncoding } from "./header-encoding.ts";
export { sevenBitMessage } from "./mime/entity.ts";
export { listHeaders } from "./fields/list-headers.ts";
export { compose, type ComposeContext, type Composed } from "./compose.ts";
export { dkimDnsRecord, type DkimDnsRecord } from "./dkim/dns-record.ts";
export type { PrivateKeyInput } from "./dkim/key.ts";
export type { DkimKey } from "./dkim/options.ts";
export { createDkimSigner, type DkimContext, type DkimSigner, signDkim } from "./dkim/sign.ts";
export { DeliveryError, type DeliveryFailure, MailerError, MessageError, type MessageFault } from "./errors.ts";
export { lintComposed, lintMessage, type LintOptions, type LintRule, type LintWarning } from "./lint/lint.ts";
export { lintLog } from "./lint/lint-log.ts";
export { createMailers, DEFAULT_MAILER_ALIAS, type Mailers } from "./mailers.ts";
export {
  type Alternative,
  type Attachment,
  type AttachmentContent,
  type CalendarEvent,
  EmailMessage,
  EmailMultiAlternatives,
  type FurtherFields,
  type HeaderValue,
  type ListHeaders,
  type MessageFields,
  type MessageSender,
  type SendOptions,
} from "./message.ts";
export type {
  ComposeOptions,
  Connect,
  ConnectionOptions,
  Mail,
  MailOptions,
  MassMail,
  SendMailOptions,
} from "./mail.ts";
export { allowTo, type AllowToOptions } from "./middleware/allow-to.ts";
export { alwaysTo } from "./middleware/always-to.ts";
export { defaultFields, defaultHeaders } from "./middleware/default-fields.ts";
export { deliveryReports, type DeliveryReports } from "./middleware/delivery-reports.ts";
export { guardedBackend } from "./middleware/guarded-backend.ts";
export type { Delivery, HookContext, Middleware } from "./middleware/middleware.ts";
export { createMail } from "./send-mail.ts";
