/** The steps of a conversation, by which errors, deadlines and rules speak of them. */

/** The step of a conversation; "content" is the message being written, "final" the wait for its acknowledgement. */
export type SmtpStage =
  | "connect"
  | "tls"
  | "greeting"
  | "ehlo"
  | "starttls"
  | "auth"
  | "mail"
  | "rcpt"
  | "data"
  | "content"
  | "final"
  | "quit";
