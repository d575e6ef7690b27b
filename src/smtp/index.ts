/** "waxseal/smtp": a mail submission client that reuses connections and is never wrong about what the server took. */
export type { SmtpCredentials } from "./auth/account.ts";
export type { AccessTokenFunction } from "./auth/secret-source.ts";
export {
  type BilingualText,
  diagnosisBy,
  type SmtpCondition,
  type SmtpDiagnosis,
  type SmtpDiagnosisRule,
  type SmtpExplainer,
  type SmtpFailure,
  type SmtpSubject,
} from "./diagnosis/rule.ts";
export type { DsnRequest, Envelope } from "./envelope.ts";
export { SmtpError, type SmtpErrorCode, type SmtpErrorDetails, type SmtpRefusal, type SmtpStage } from "./errors.ts";
export type { SmtpAuthPause } from "./login-guard.ts";
export type { SmtpOAuth2Options } from "./oauth2/grant.ts";
export type { SmtpOptions, SmtpProtocol, SmtpSecurity } from "./options.ts";
export type { SmtpMode } from "./pipeline/mode.ts";
export { createSmtpPool, type SmtpPool, type SmtpPoolConnections, type SmtpSendOptions } from "./pool.ts";
export type { SmtpRate } from "./rate-limit.ts";
export type { SmtpReceipt } from "./receipt.ts";
export { httpProxy, type HttpProxyOptions } from "./proxy/http-connect.ts";
export { socksProxy } from "./proxy/socks.ts";
export type { SmtpReply } from "./reply.ts";
export type { SmtpMessage, SmtpResult } from "./send-many.ts";
export type { SocketFunction, SocketRequest, SocketTarget } from "./socket-function.ts";
export type { SmtpTimeouts } from "./timeouts.ts";
export type { SmtpTlsOptions } from "./tls-settings.ts";
export type { SmtpTrafficOptions } from "./traffic.ts";
