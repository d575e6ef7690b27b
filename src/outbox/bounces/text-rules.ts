/** How bounces that are no DSN look: one rule for each kind of server, so that a new one is one more entry. */

/** A kind of bounce in words. A mail is taken for one only when its sender and its other marks fit. */
export interface TextRule {
  name: string;
  /** Fits the address of From. */
  from: RegExp;
  /** Fits the subject. */
  subject?: RegExp;
  /** A field that must be there. */
  field?: string;
  /** Fits the words. */
  body?: RegExp;
  /** Finds the recipients in the words before the quoted message: its only group is an address. */
  recipients: RegExp;
}

/** Whom bounces come from; Exchange writes its own name and 32 hexadecimal digits. */
const SYSTEM =
  /^(?:mailer-daemon|mail-daemon|maildaemon|postmaster|microsoftexchange[0-9a-f]{32}|mail\.delivery|bounces?)@/i;
/** In words, only plain addresses are looked for. */
const ADDRESS = "[A-Za-z0-9!#$%&*+/=?^_{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}";

/** In the order in which they are tried. */
export const textRules: readonly TextRule[] = [
  {
    // Exim before 4.88 sent no DSN; all versions write this field. The addresses stand in it.
    name: "exim",
    from: SYSTEM,
    field: "x-failed-recipients",
    recipients: new RegExp(`^[ \\t]{1,8}(${ADDRESS})[ \\t]*$`, "gm"),
  },
  {
    // The QSBMF that qmail documents: "Hi." and the program's name, then a paragraph for each recipient.
    name: "qmail",
    from: SYSTEM,
    body: /^Hi\. This is the \S{1,100}/m,
    recipients: new RegExp(`^<(${ADDRESS})>:`, "gm"),
  },
  {
    // 163, 126, yeah.net and other servers of Coremail.
    name: "netease",
    from: /^(?:postmaster|mailer-daemon)@/i,
    subject: /系统退信|系統退信|^Undeliverable mail/i,
    recipients: new RegExp(`(?:您发送给|发送给|发给|发往|收件人(?:地址)?\\s{0,4}[:：]?)[\\s<]{0,6}(${ADDRESS})`, "g"),
  },
  {
    name: "qq",
    from: /^(?:postmaster|mailer-daemon|10000)@(?:[a-z0-9-]+\.)*(?:qq|foxmail)\.com$/i,
    subject: /退信|returned|undeliver/i,
    recipients: new RegExp(`(?:收件人|发送给|发给|无法(?:发送|投递)到|to)[\\s:：<]{0,6}(${ADDRESS})`, "gi"),
  },
  {
    name: "exchange",
    from: SYSTEM,
    subject: /^(?:Undeliverable|Delivery delayed|未送达|无法传递|Unzustellbar|Non remis)\s*[:：]/i,
    recipients: new RegExp(
      `(?:mailto:|Your message to |groups?:[\\s]{0,8}|收件人[^\\n]{0,20}?)[<\\s]{0,4}(${ADDRESS})`,
      "gi",
    ),
  },
  {
    // Whoever else returns mail in words, under one of the usual subjects.
    name: "common",
    from: SYSTEM,
    subject:
      /^(?:Undelivered Mail Returned to Sender|Undeliverable(?: mail)?|Returned mail|failure notice|Mail delivery failed|Delivery Status Notification \((?:Failure|Delay)\)|Delivery (?:failure|failed)|Mail System Error|退信|Warning: message .{0,60}delayed)/i,
    recipients: new RegExp(
      `(?:^<(${ADDRESS})>:|(?<=Final-Recipient:\\s{0,4}rfc822;\\s{0,4})${ADDRESS}|^[ \\t]{1,8}${ADDRESS}$)`,
      "gim",
    ),
  },
];

/** Subjects and words of a warning: the server goes on trying. */
export const DELAY_MARKS: RegExp =
  /(?:delivery status notification \(delay\)|delivery delayed|warning: (?:message|could not send)|will (?:continue|keep) (?:to try|trying)|do not need to resend|仍在尝试|继续尝试投递)/i;
