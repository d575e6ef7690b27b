/** What is known of a mail provider: how to reach it, how to log in, what it allows, and what its refusals mean. */
import type { BilingualText, SmtpDiagnosis, SmtpDiagnosisRule } from "../../smtp/index.ts";
import type { HeaderEncoding } from "../header-encoding.ts";

/** What stands for the password, and where it is had. */
export interface ProviderAuth {
  /** An authorization code is what Chinese providers call an app password (授权码). */
  readonly kind: "authorization-code" | "app-password" | "password" | "oauth2" | "api-key";
  /** Where it is had. */
  readonly how: BilingualText;
  /** The form of what the provider gives out: a password of another form is most likely that of the web page. */
  readonly looksLike?: RegExp | undefined;
}

/** Figures to start from. Providers change them and some keep them secret: what the server says always counts. */
export interface ProviderLimits {
  readonly recipientsPerMessage?: number | undefined;
  readonly messagesPerConnection?: number | undefined;
  readonly connections?: number | undefined;
  readonly messagesPerMinute?: number | undefined;
  readonly messagesPerDay?: number | undefined;
  readonly recipientsPerDay?: number | undefined;
  /** More log-ins than that lock the account for a while: connections are kept open long enough to need fewer. */
  readonly logInsPerQuarterHour?: number | undefined;
  /** Where the figures come from. */
  readonly source: string;
}

/** One provider, or one region or kind of account of it, where those have servers of their own. */
export interface Provider {
  /** What `provider` names it by, such as "163". */
  readonly id: string;
  readonly name: BilingualText;
  /** Other names that are understood. */
  readonly aliases?: readonly string[] | undefined;
  /** The domains of its addresses; none where its customers bring their own. */
  readonly domains: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly security: "tls" | "starttls";
  readonly auth: ProviderAuth;
  /** Whether From must be the address that logs in. */
  readonly fromMustBeLogin: boolean;
  readonly limits?: ProviderLimits | undefined;
  /** How its filters want headers written. */
  readonly headerEncoding?: HeaderEncoding | undefined;
  /** What its refusals mean, the narrow rules first. */
  readonly rules: readonly SmtpDiagnosisRule[];
}

/** The same in English and Chinese. */
export function both(en: string, zh: string): BilingualText {
  return { en, zh };
}

/** One line of a table of rules. */
export function rule(when: SmtpDiagnosisRule["when"], diagnosis: SmtpDiagnosis): SmtpDiagnosisRule {
  return { when, diagnosis };
}

export const MINUTE = 60;
export const HOUR = 3_600;
export const DAY = 86_400;
