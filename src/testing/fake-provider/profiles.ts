/** The kinds of servers that can be played, with the words that are documented of them. */
import type { FakeProfile, FakeProfileName } from "./profile.ts";

const MB = 1024 * 1024;

const netease: FakeProfile = {
  greeting: "220 163.com Anti-spam GT for Coremail System (163com[20141201])",
  keywords: ["PIPELINING", "8BITMIME", "SMTPUTF8"],
  mechanisms: ["LOGIN", "PLAIN", "XOAUTH2"],
  maxBytes: 50 * MB,
  charset: "utf-8",
  isStrict: false,
  readsFromAsQq: false,
  limits: {},
  replies: {
    loggedIn: "235 Authentication successful",
    wrongPassword: "535 Error: authentication failed",
    tooManyLogIns: "451 too much fail authentication from:127.0.0.1",
    logInFirst: "553 authentication is required",
    fromNotLogIn: "553 Mail from must equal authorized user",
    fromMismatch: "554 DT:SUM 163 smtp",
    badFromHeader: "554 DT:SPM 163 smtp",
    tooManyConnections: "421 HL:ICC 163 smtp",
    messagesPerConnection: "451 MI:DMC 163 smtp",
    messagesPerQuarterHour: "451 MI:SFQ 163 smtp",
    messagesPerDay: "554 MI:STC 163 smtp",
    recipientsPerDay: "550 RP:TRC 163 smtp",
    recipientsPerMessage: "550 RP:RCL 163 smtp",
    tooLarge: "552 MI:LEN 163 smtp",
    accepted: "250 Mail OK queued as smtp1",
  },
};

const qq: FakeProfile = {
  greeting: "220 newxmesmtplogicsvrszc.qq.com XMail Esmtp QQ Mail Server.",
  keywords: ["PIPELINING", "8BITMIME"],
  mechanisms: ["LOGIN", "PLAIN", "XOAUTH2"],
  maxBytes: 70 * MB,
  charset: "gbk",
  isStrict: false,
  readsFromAsQq: true,
  limits: { logInsPerQuarterHour: 20 },
  replies: {
    loggedIn: "235 Authentication successful",
    wrongPassword:
      "535 Error: 请使用授权码登录。详情请看: http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=28&&no=1001256",
    tooManyLogIns:
      "535 Login fail. Account is abnormal, service is not open, password is incorrect, login frequency limited, or system is busy.",
    logInFirst: "503 Error: need EHLO and AUTH first !",
    fromNotLogIn: "501 mail from address must be same as authorization user",
    badFromHeader:
      '550 The "From" header is missing or invalid. Please follow RFC5322, RFC2047, RFC822 standard protocol. https://service.mail.qq.com/detail/124/995.',
    tooManyConnections: "550 Connection frequency limited",
    messagesPerConnection: "421 Too many messages in this session",
    messagesPerQuarterHour: "550 Sender frequency limited",
    messagesPerDay: "550 Sender frequency limited",
    recipientsPerDay: "550 Sender frequency limited",
    recipientsPerMessage: "452 Too many recipients",
    tooLarge: "552 Message too large",
    accepted: "250 OK: queued as.",
  },
};

const gmail: FakeProfile = {
  greeting: "220 smtp.gmail.com ESMTP fake - gsmtp",
  keywords: ["8BITMIME", "ENHANCEDSTATUSCODES", "PIPELINING", "CHUNKING", "SMTPUTF8"],
  mechanisms: ["LOGIN", "PLAIN", "XOAUTH2"],
  maxBytes: 35_882_577,
  charset: "utf-8",
  isStrict: false,
  readsFromAsQq: false,
  limits: { recipientsPerMessage: 100 },
  replies: {
    loggedIn: "235 2.7.0 Accepted",
    wrongPassword:
      "535 5.7.8 Username and Password not accepted. For more information, go to https://support.google.com/mail/?p=BadCredentials fake - gsmtp",
    tooManyLogIns: "454 4.7.0 Too many login attempts, please try again later. fake - gsmtp",
    logInFirst: "530 5.7.0 Authentication Required. fake - gsmtp",
    badFromHeader: "550 5.7.1 Messages missing a valid From header are not accepted. fake - gsmtp",
    tooManyConnections: "421 4.7.0 Too many connections, closing. fake - gsmtp",
    messagesPerConnection: "421 4.7.0 Try again later, closing connection. fake - gsmtp",
    messagesPerQuarterHour: "421 4.7.0 Try again later, closing connection. fake - gsmtp",
    messagesPerDay: "550 5.4.5 Daily user sending limit exceeded. fake - gsmtp",
    recipientsPerDay: "550 5.4.5 Daily user sending limit exceeded. fake - gsmtp",
    recipientsPerMessage: "452 4.5.3 Your message has too many recipients. fake - gsmtp",
    tooLarge: "552 5.3.4 Your message exceeded Google's message size limits. fake - gsmtp",
    accepted: "250 2.0.0 OK 1700000000 fake - gsmtp",
  },
};

const microsoft365: FakeProfile = {
  greeting: "220 FAKE.outlook.office365.com Microsoft ESMTP MAIL Service ready",
  keywords: ["PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "8BITMIME", "CHUNKING", "SMTPUTF8"],
  mechanisms: ["LOGIN", "XOAUTH2"],
  maxBytes: 157_286_400,
  charset: "utf-8",
  isStrict: false,
  readsFromAsQq: false,
  limits: { connections: 3, recipientsPerMessage: 500, recipientsPerDay: 10_000 },
  replies: {
    loggedIn: "235 2.7.0 Authentication successful",
    wrongPassword: "535 5.7.3 Authentication unsuccessful [FAKE.outlook.office365.com]",
    passwordsOff:
      "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [FAKE.outlook.office365.com]",
    tooManyLogIns: "421 4.7.66 Too many log-ins, try again later",
    logInFirst: "530 5.7.57 Client not authenticated to send mail. [FAKE.outlook.office365.com]",
    fromNotLogIn:
      "554 5.2.252 SendAsDenied; the account is not allowed to send as this sender [FAKE.outlook.office365.com]",
    badFromHeader: "550 5.6.0 Invalid From header",
    tooManyConnections: "432 4.3.2 Concurrent connections limit exceeded [FAKE.outlook.office365.com]",
    messagesPerConnection: "421 4.4.2 Message submission rate for this client has exceeded the configured limit",
    messagesPerQuarterHour: "421 4.4.2 Message submission rate for this client has exceeded the configured limit",
    messagesPerDay:
      "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
    recipientsPerDay:
      "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
    recipientsPerMessage: "452 4.5.3 Too many recipients",
    tooLarge: "552 5.3.4 Message size exceeds fixed maximum message size",
    accepted: "250 2.0.0 OK <fake@outlook.com> [Hostname=FAKE.outlook.office365.com]",
  },
};

const postfix: FakeProfile = {
  greeting: "220 mail.example.com ESMTP Postfix",
  keywords: ["PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING"],
  mechanisms: ["PLAIN", "LOGIN"],
  maxBytes: 10_240_000,
  charset: "utf-8",
  isStrict: true,
  readsFromAsQq: false,
  limits: {},
  replies: {
    loggedIn: "235 2.7.0 Authentication successful",
    wrongPassword: "535 5.7.8 Error: authentication failed: (reason unavailable)",
    tooManyLogIns: "450 4.7.1 Error: too much mail from 127.0.0.1",
    badFromHeader: "550 5.7.1 Message headers fail policy",
    tooManyConnections: "421 4.7.0 mail.example.com Error: too many connections from 127.0.0.1",
    messagesPerConnection: "421 4.7.0 mail.example.com Error: too many messages",
    messagesPerQuarterHour: "450 4.7.1 Error: too much mail from 127.0.0.1",
    messagesPerDay: "450 4.7.1 Error: too much mail from 127.0.0.1",
    recipientsPerDay: "450 4.7.1 Error: too many recipients from 127.0.0.1",
    recipientsPerMessage: "452 4.5.3 Error: too many recipients",
    tooLarge: "552 5.3.4 Message size exceeds fixed limit",
    accepted: "250 2.0.0 Ok: queued as 4FAKE",
  },
};

/** Each kind by its name. */
export const fakeProfiles: Readonly<Record<FakeProfileName, FakeProfile>> = {
  "163": netease,
  qq,
  gmail,
  microsoft365,
  postfix,
};
