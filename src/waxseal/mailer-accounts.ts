/** Which account each configured mailer logs in as, so that mailers of one account share its quota. */
import type { MailerConfig } from "../config.ts";
import { accountOfSmtp, type LimitAccount } from "../outbox/index.ts";

export function accountOfMailer(mailer: MailerConfig | undefined): LimitAccount | undefined {
  if (mailer === undefined || "send" in mailer || mailer.backend !== "smtp") return undefined;
  const { provider, host, user, password } = mailer;
  return accountOfSmtp({
    ...(provider !== undefined && { provider }),
    ...(host !== undefined && { host }),
    ...(user !== undefined && password !== undefined && { auth: { user, password } }),
  });
}
