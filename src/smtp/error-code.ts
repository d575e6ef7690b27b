/** The codes of the SMTP client's one error, and what each means. */

/** The codes of an `SmtpError`. */
export type SmtpErrorCode =
  /** An option is missing, malformed or unknown. Thrown by `createSmtpPool`. Not retryable. */
  | "WX_SMTP_OPTIONS"
  /** An address of the envelope cannot go into a command. Nothing was sent. Not retryable. */
  | "WX_SMTP_ENVELOPE"
  /** The content holds a CR or LF that is not part of a CRLF. Nothing was sent. Not retryable. */
  | "WX_SMTP_BARE_NEWLINE"
  /** The content holds bytes above 127 and the server does not announce 8BITMIME. Nothing was sent. Not retryable. */
  | "WX_SMTP_8BIT"
  /** The message needs SMTPUTF8 and the server does not offer it. Nothing was sent. Not retryable. */
  | "WX_SMTP_UTF8"
  /** The message needs REQUIRETLS, and the server does not offer it or is not spoken to by TLS. Nothing was sent. Not retryable. */
  | "WX_SMTP_REQUIRETLS"
  /** The content is larger than the SIZE the server announces. Nothing was sent. Not retryable. */
  | "WX_SMTP_TOO_LARGE"
  /** The pool is closed. Retryable by another pool. */
  | "WX_SMTP_CLOSED"
  /** Too many messages wait for a connection. Retryable. */
  | "WX_SMTP_BUSY"
  /** The caller's `signal` aborted. Retryable. */
  | "WX_SMTP_ABORTED"
  /** No connection: name not found, refused, unreachable. Retryable. */
  | "WX_SMTP_CONNECT"
  /** A step took longer than its deadline. Retryable. */
  | "WX_SMTP_TIMEOUT"
  /** The connection broke or the server closed it. Retryable. */
  | "WX_SMTP_LOST"
  /** What the server said is not SMTP, or came out of step. Retryable. */
  | "WX_SMTP_PROTOCOL"
  /** The TLS handshake failed for another reason than the certificate. Retryable. */
  | "WX_SMTP_TLS"
  /** The server's certificate is not one to trust for this host. Not retryable. */
  | "WX_SMTP_TLS_CERTIFICATE"
  /** STARTTLS is required and the server does not offer it. Retryable: someone on the way may have removed the offer. */
  | "WX_SMTP_STARTTLS_MISSING"
  /** The log-in failed, or no common mechanism exists. Retryable where the server answered 4xx. */
  | "WX_SMTP_AUTH"
  /** No access token could be had. Retryable unless the token endpoint refused for good. */
  | "WX_SMTP_OAUTH2"
  /** The server refused several log-ins in a row; none is made for a while, so that the account is not locked. Retryable. */
  | "WX_SMTP_AUTH_PAUSED"
  /** A password would have crossed an unencrypted connection; it was not sent. Not retryable. */
  | "WX_SMTP_AUTH_PLAINTEXT"
  /** The server refused with 4xx (retryable) or 5xx (not retryable, except 552 for a recipient, and what the diagnosis knows to pass). */
  | "WX_SMTP_REFUSED";
