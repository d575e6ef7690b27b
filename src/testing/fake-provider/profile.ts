/** How one kind of mail server behaves: what it offers, what it allows, and in which words it refuses. */

/** The providers that can be played. */
export type FakeProfileName = "163" | "qq" | "gmail" | "microsoft365" | "postfix";

/** How much is allowed; what is not given is not counted. */
export interface FakeLimits {
  /** Connections at once. */
  readonly connections?: number | undefined;
  readonly messagesPerConnection?: number | undefined;
  /** In any 15 minutes. */
  readonly messagesPerQuarterHour?: number | undefined;
  /** In any 24 hours. */
  readonly messagesPerDay?: number | undefined;
  /** In any 24 hours. */
  readonly recipientsPerDay?: number | undefined;
  readonly recipientsPerMessage?: number | undefined;
  /** Log-ins in any 15 minutes, right or wrong; the next ones are refused until 15 minutes were quiet. */
  readonly logInsPerQuarterHour?: number | undefined;
}

/** A way to log in. */
export type FakeMechanism = "PLAIN" | "LOGIN" | "XOAUTH2";

/** A kind of server. Every reply is whole: its code, a blank, its words. */
export interface FakeProfile {
  readonly greeting: string;
  /** What EHLO answers, without SIZE, AUTH and STARTTLS. */
  readonly keywords: readonly string[];
  readonly mechanisms: readonly FakeMechanism[];
  /** The largest message, in bytes. */
  readonly maxBytes: number;
  /** In which replies are written. */
  readonly charset: "utf-8" | "gbk";
  /** Whether it breaks off for a bare newline, and for commands sent before their turn. */
  readonly isStrict: boolean;
  /** Whether From must be a form that QQ reads. */
  readonly readsFromAsQq: boolean;
  readonly limits: FakeLimits;
  readonly replies: FakeReplies;
}

/** The words of a kind of server. */
export interface FakeReplies {
  readonly loggedIn: string;
  readonly wrongPassword: string;
  /** To a password, where only tokens are taken. */
  readonly passwordsOff?: string | undefined;
  readonly tooManyLogIns: string;
  /** To MAIL without a log-in; not given: none is needed. */
  readonly logInFirst?: string | undefined;
  /** To a sender who is not the one that logged in; not given: anybody may be named. */
  readonly fromNotLogIn?: string | undefined;
  /** To a header From that is not the envelope's sender; not given: it may differ. */
  readonly fromMismatch?: string | undefined;
  readonly badFromHeader: string;
  readonly tooManyConnections: string;
  readonly messagesPerConnection: string;
  readonly messagesPerQuarterHour: string;
  readonly messagesPerDay: string;
  readonly recipientsPerDay: string;
  readonly recipientsPerMessage: string;
  readonly tooLarge: string;
  readonly accepted: string;
}
