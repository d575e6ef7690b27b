/** The links by which a recipient leaves a stream: signed, for ever good, and bound to that one purpose. */
import { findUnknownOption } from "../base/index.ts";
import { BoundTokens, type SecretKey } from "../signing/index.ts";
import { WebError } from "./errors.ts";
import { paths } from "./paths.ts";
import { publicUrl } from "./public-url.ts";

/** Who leaves what. */
export interface UnsubscribeClaim {
  address: string;
  /** Empty for all streams. */
  stream: string;
  /** The Message-ID of the mail that held the link, where it was known. */
  messageId?: string | undefined;
}

export interface UnsubscribeLinksOptions {
  /** One key or a list, oldest first: the last one signs, all are read. */
  secretKey: SecretKey;
  /** The public address of the site. Mail programs offer one click only where it is https (RFC 8058). */
  siteUrl: string;
}

/** Makes and reads the links. */
export interface UnsubscribeLinks {
  /**
   * The page of this claim; its token shows the address to whoever has the link. The same claim at the same time (`at`, in
   * milliseconds since 1970, default now) is the same link, so that a mail that is rendered twice is the same mail.
   */
  urlFor(claim: UnsubscribeClaim & { at?: number | undefined }): string;
  /** The claim of a token; undefined for one that is not ours. */
  read(token: string): UnsubscribeClaim | undefined;
}

/** Part of the key: no other token of the site unsubscribes anybody. */
const PURPOSE = "waxseal.unsubscribe";
/** Ten years, in seconds. The law asks for a link that works for weeks; a token whose time is over is read all the same. */
const MAX_AGE_SECONDS = 10 * 365 * 24 * 3600;

/**
 * Makes the links for a site.
 *
 * @throws WebError `WX_WEB_OPTIONS`; SigningUsageError `WX_SIGNING_KEY`
 * @example
 * const links = createUnsubscribeLinks({ secretKey, siteUrl: "https://example.com" });
 * const url = links.urlFor({ address: "ann@example.net", stream: "news" });
 */
export function createUnsubscribeLinks(options: UnsubscribeLinksOptions): UnsubscribeLinks {
  const unknown = findUnknownOption(options, ["secretKey", "siteUrl"]);
  if (unknown !== undefined) {
    throw new WebError("WX_WEB_OPTIONS", `createUnsubscribeLinks has no option "${unknown.name}". ${unknown.hint}`);
  }
  const { origin } = publicUrl("createUnsubscribeLinks", options.siteUrl);
  let madeAt: number | undefined;
  const tokens = new BoundTokens(options.secretKey, {
    purpose: PURPOSE,
    maxAgeSeconds: MAX_AGE_SECONDS,
    now: () => Math.floor((madeAt ?? Date.now()) / 1000),
  });
  return {
    urlFor: ({ address, stream, messageId, at }) => {
      const claim = messageId === undefined ? [address, stream] : [address, stream, messageId];
      madeAt = at;
      const token = tokens.mint(JSON.stringify(claim), []);
      madeAt = undefined;
      return `${origin}${paths.unsubscribe}${token}`;
    },
    read: (token) => {
      const reading = tokens.read(token);
      return reading.status === "invalid" ? undefined : claimOf(reading.token.subject);
    },
  };
}

/** Our own signature is on it, so it is what `urlFor` wrote. */
function claimOf(subject: string): UnsubscribeClaim {
  const [address, stream, messageId] = JSON.parse(subject) as [string, string, string?];
  return messageId === undefined ? { address, stream } : { address, stream, messageId };
}
