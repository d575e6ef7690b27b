/** The account behind a mailer: its provider and log-in, and what the provider allows it. */
import { findProvider, type ProviderLimits, providers, type SmtpBackendOptions } from "../../mail/index.ts";
import type { LimitWindow } from "./rules.ts";

/** What several mailers may share, and a provider counts together. */
export interface LimitAccount {
  /** The provider (or host) and the log-in, such as `163:mac@163.com`. */
  key: string;
  /** Figures that the provider declares. */
  limits?: ProviderLimits | undefined;
}

/**
 * The account that an SMTP mailer logs in as; undefined where it does not log in.
 *
 * @example
 * accountOfSmtp({ auth: { user: "mac@163.com", password } })?.key // "163:mac@163.com"
 */
export function accountOfSmtp({
  provider: name,
  host,
  auth,
}: Pick<SmtpBackendOptions, "provider" | "host" | "auth">): LimitAccount | undefined {
  if (auth?.user === undefined) return undefined;
  const user = auth.user.toLowerCase();
  const known =
    name === undefined
      ? host === undefined
        ? findProvider(user)
        : providers.find((candidate) => candidate.host === host.toLowerCase())
      : findProvider(name);
  return { key: `${known?.id ?? host?.toLowerCase() ?? "smtp"}:${user}`, limits: known?.limits };
}

/** The windows that a provider's figures make. */
export function windowsOf(limits: ProviderLimits): LimitWindow[] {
  const windows: LimitWindow[] = [];
  const add = (count: number | undefined, seconds: number, counts: LimitWindow["counts"]): void => {
    if (count !== undefined) windows.push({ count, seconds, counts });
  };
  add(limits.messagesPerMinute, 60, "messages");
  add(limits.messagesPerDay, 86_400, "messages");
  add(limits.recipientsPerDay, 86_400, "recipients");
  return windows;
}
