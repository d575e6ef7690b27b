/** What every page knows of the site it belongs to: the options of createWeb, checked and completed. */
import type { Accounts } from "../accounts/index.ts";
import { findUnknownOption, type Logger, silentLogger } from "../base/index.ts";
import { type Asset, siteAssets } from "./assets.ts";
import { WebError } from "./errors.ts";
import { publicUrl } from "./public-url.ts";
import { type Signature, signatureFor } from "./signature.ts";
import type { UnsubscribeClaim, UnsubscribeLinks } from "./unsubscribe-links.ts";

/** The account operations that the pages call. */
export type WebAccounts = Pick<
  Accounts,
  "register" | "inspect" | "activate" | "resend" | "login" | "logout" | "session"
>;

/** What the account pages are made of. */
export interface WebOptions {
  accounts: WebAccounts;
  /** Signs form tokens and the short-lived cookies; the same in every process that serves the site. */
  secretKey: string | Uint8Array;
  /** The public address of the site, such as `https://example.com`; an https address makes every cookie Secure. */
  siteUrl: string;
  /** The name that pages show, and whose first letter the seal bears. Default "Waxseal". */
  siteName?: string;
  /** In development: where sent mail can be read; pages that say "we sent a mail" link to it. */
  inboxUrl?: string;
  logger?: Logger;
  /** Serves `/user/unsubscribe/:token`; left out, there is no such page. */
  unsubscribe?: WebUnsubscribe;
}

/** What the unsubscribe page works with. */
export interface WebUnsubscribe {
  /** Made with every secret whose links are still out there. */
  links: UnsubscribeLinks;
  /** Takes the address out of the stream; asked twice, it does it once. */
  unsubscribe(from: UnsubscribeClaim): Promise<void>;
  /** Takes that back. */
  resubscribe(to: UnsubscribeClaim): Promise<void>;
}

export interface Site {
  accounts: WebAccounts;
  name: string;
  /** Scheme, host and port of the public address. */
  origin: string;
  /** Whether the site is served over https, and its cookies only there. */
  secure: boolean;
  inboxUrl: string | undefined;
  logger: Logger;
  unsubscribe: WebUnsubscribe | undefined;
  formSignature: Signature;
  noteSignature: Signature;
  assets: { style: Asset; seal: Asset };
}

const webOptions = {
  accounts: true,
  secretKey: true,
  siteUrl: true,
  siteName: true,
  inboxUrl: true,
  logger: true,
  unsubscribe: true,
} satisfies Record<keyof WebOptions, true>;

/** @throws WebError `WX_WEB_OPTIONS` for an empty key, an address that is not http(s), or an option that does not exist. */
export function siteOf(options: WebOptions): Site {
  const unknown = findUnknownOption(options, Object.keys(webOptions));
  if (unknown !== undefined) {
    throw new WebError("WX_WEB_OPTIONS", `createWeb has no option "${unknown.name}". ${unknown.hint}`);
  }
  if (options.secretKey.length === 0) {
    throw new WebError("WX_WEB_OPTIONS", "createWeb: secretKey is empty; give it a long random value");
  }
  const url = publicUrl("createWeb", options.siteUrl);
  const name = options.siteName ?? "Waxseal";
  return {
    accounts: options.accounts,
    name,
    origin: url.origin,
    secure: url.protocol === "https:",
    inboxUrl: options.inboxUrl,
    logger: options.logger ?? silentLogger,
    unsubscribe: options.unsubscribe,
    formSignature: signatureFor(options.secretKey, "form"),
    noteSignature: signatureFor(options.secretKey, "note"),
    assets: siteAssets(name),
  };
}
