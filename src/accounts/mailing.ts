/** Which account mail an address gets, and how many of them. */
import type { Locale } from "../base/index.ts";
import { lockName, type Queryable, type QueryableOf, type Schema } from "../db/index.ts";
import { EmailMultiAlternatives } from "../mail/index.ts";
import { type MailContent, renderHtml, renderText } from "./emails/layout.ts";
import { mailWords } from "./emails/texts.ts";
import { countMailsSince, deleteMailsBefore, findActiveByEmail, insertMail, type UserRow } from "./store.ts";
import type { ActivationTokens } from "./tokens.ts";

const HOUR_MS = 3_600_000;

/** Takes a mail for delivery, as part of the transaction: with the outbox, the mail and the account are one commit. */
export type Deliver = (message: EmailMultiAlternatives, options: { tx?: Queryable }) => Promise<void>;

export interface MailingOptions {
  deliver: Deliver;
  tokens: ActivationTokens;
  /** Links begin with this, and never with what a request says of its host. */
  siteUrl: string;
  siteName: string;
  activationMaxAgeSeconds: number;
  /** How many account mails one address gets in an hour. */
  mailsPerHour: number;
}

/** How an activation mail is sent. `Tables` is all that the caller's transaction knows. */
export interface ActivationMailOptions<Tables extends Schema = Schema> {
  /** The language of the mail. Default "en". */
  locale?: Locale | undefined;
  /** The transaction that the mail belongs to. Without it the mail is committed at once. */
  tx?: QueryableOf<Tables> | undefined;
}

export interface Mailing {
  /** Mails an activation link, whatever the budget. */
  sendRegisterActiveEmail<Tables extends Schema = Schema>(
    toEmail: string,
    username: string,
    token: string,
    options?: ActivationMailOptions<Tables>,
  ): Promise<void>;
  /**
   * Mails the holder of a claim: the activation link, or, where the address has an active account already, word of that.
   * False when the address has used up its mails of the hour; then nothing is sent.
   */
  mailClaim(tx: Queryable, claim: UserRow, locale: Locale, now: number): Promise<boolean>;
  /** The same budget for an address of nobody's, so that asking costs the same whether or not it has an account. */
  mailNobody(tx: Queryable, key: string, now: number): Promise<void>;
}

export function createMailing(options: MailingOptions): Mailing {
  const { siteName, siteUrl, tokens } = options;
  const link = (path: string): string => new URL(path, siteUrl.endsWith("/") ? siteUrl : `${siteUrl}/`).href;

  async function send(to: string, content: MailContent, locale: Locale, tx: Queryable | undefined): Promise<void> {
    const message = new EmailMultiAlternatives({
      to: [to],
      subject: content.subject,
      text: renderText(content, siteName),
      html: renderHtml(content, siteName, locale),
      headers: { "Auto-Submitted": "auto-generated" }, // RFC 3834: no holiday reply to this
    });
    await options.deliver(message, tx === undefined ? {} : { tx });
  }

  /** Takes one mail from the hour's budget; false when there is none left. */
  async function spend(tx: Queryable, key: string, now: number): Promise<boolean> {
    await lockName(tx, `account mails of ${key}`); // what comes at once is counted one after the other
    await deleteMailsBefore(tx, key, now - HOUR_MS);
    if ((await countMailsSince(tx, key, now - HOUR_MS)) >= options.mailsPerHour) return false;
    await insertMail(tx, key, now);
    return true;
  }

  const sendRegisterActiveEmail: Mailing["sendRegisterActiveEmail"] = (
    toEmail,
    username,
    token,
    { locale = "en", tx } = {},
  ) => {
    const words = mailWords[locale];
    const url = link(`user/active/${encodeURIComponent(token)}`);
    return send(
      toEmail,
      words.activation(username, siteName, url, words.duration(options.activationMaxAgeSeconds)),
      locale,
      tx as Queryable | undefined, // our tables are among those it knows
    );
  };

  return {
    sendRegisterActiveEmail,
    mailClaim: async (tx, claim, locale, now) => {
      if (!(await spend(tx, claim.email_key, now))) return false;
      const owner = await findActiveByEmail(tx, claim.email_key);
      if (owner === undefined) {
        await sendRegisterActiveEmail(claim.email, claim.username, tokens.mint(claim), { locale, tx });
      } else {
        // To the address on file, not to the one that was typed: they only compare as equal.
        const content = mailWords[locale].alreadyRegistered(owner.username, siteName, link("user/login"));
        await send(owner.email, content, locale, tx);
      }
      return true;
    },
    mailNobody: async (tx, key, now) => {
      await spend(tx, key, now);
    },
  };
}
