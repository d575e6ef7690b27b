/** Rules about links: filters look at where a mail leads before they look at anything else. */
import type { Facts, WebLink } from "./facts.ts";
import { isIpHost, isLocalHost, isSameOwner, isShortener } from "./hosts.ts";
import { type Finding, type Rule, some } from "./rule.ts";

/** A mail with a button and the same link written out is no list of links. */
const MANY_LINKS = 4;

/** What the links have in common that fit; undefined where none does. */
function about(
  links: readonly WebLink[],
  fits: (link: WebLink) => boolean,
  words: { message: (what: string) => string; fix: string; show?: (link: WebLink) => string },
): Finding | undefined {
  const found = links.filter(fits);
  const [first] = found;
  if (first === undefined) return undefined;
  const show = words.show ?? ((link: WebLink): string => link.url.hostname);
  return { field: first.field, message: words.message(some(found.map(show))), fix: words.fix };
}

export const localLink: Rule = ({ links }) =>
  about(links, ({ url }) => isLocalHost(url.hostname), {
    message: (hosts) => `A link leads to ${hosts}, which only this machine or network reaches.`,
    fix: "Begin links with the address that people reach the site at (siteUrl, SITE_URL).",
  });

export const ipLink: Rule = ({ links }) =>
  about(links, ({ url }) => isIpHost(url.hostname) && !isLocalHost(url.hostname), {
    message: (hosts) => `A link leads to a bare IP address (${hosts}), as those of phishers do.`,
    fix: "Use a domain name.",
  });

export const insecureLink: Rule = ({ links }) =>
  about(links, ({ url }) => url.protocol === "http:" && !isLocalHost(url.hostname), {
    message: (hosts) => `A link to ${hosts} is http, not https.`,
    fix: "Use https: readers warn of plain links, and anybody on the way can read or change the page.",
  });

export const shortenedLink: Rule = ({ links }) =>
  about(links, ({ url }) => isShortener(url.hostname), {
    message: (hosts) => `A link goes through the shortener ${hosts}, which hides where it leads.`,
    fix: "Write the whole link, or shorten it at a domain of your own.",
  });

export const foreignLink: Rule = ({ links, fromDomain }) => {
  if (fromDomain === undefined || isLocalHost(fromDomain)) return undefined;
  const isForeign = ({ url: { hostname } }: WebLink): boolean =>
    !isIpHost(hostname) && !isLocalHost(hostname) && !isShortener(hostname) && !isSameOwner(hostname, fromDomain);
  return about(links, isForeign, {
    message: (hosts) => `The mail is from ${fromDomain}, and links lead to ${hosts}.`,
    fix: "Send from an address at the domain that the links lead to, or lead them to the sender's domain.",
  });
};

export const deceptiveLink: Rule = ({ links }) =>
  about(links, (link) => link.field === "html" && showsAnotherHost(link), {
    message: (pairs) => `A link shows one address and leads to another: ${pairs}.`,
    fix: "Show the address that the link leads to, or words in its place.",
    show: ({ text, url }) => `${text.slice(0, 40)} -> ${url.hostname}`,
  });

/** A text that is a web address by its beginning or its end; "Node.js" is none. */
const SHOWN_HOST =
  /^(?:https?:\/\/(?:\S*@)?([\w.-]+)|(www\.[\w.-]+|[\w.-]+\.(?:com|net|org|info|biz|cn|eu|de|uk|fr|jp)))(?:[/?#:]\S*)?$/i;

function showsAnotherHost({ text, url }: WebLink): boolean {
  const match = SHOWN_HOST.exec(text.slice(0, 300));
  const shown = match?.[1] ?? match?.[2];
  return shown !== undefined && !isSameOwner(shown, url.hostname);
}

export const relativeLink: Rule = ({ content }) => {
  const found = content?.links.filter(({ href }) => href !== "" && !/^(?:[a-z][a-z\d+.-]*:|\/\/|#)/i.test(href)) ?? [];
  if (found.length === 0) return undefined;
  return {
    field: "html",
    message: `A link has no host: ${some(found.map(({ href }) => href))}.`,
    fix: "Write links whole, with https:// and the site's name: a mail stands on no page that they could belong to.",
  };
};

export const mostlyLinks: Rule = (facts) => {
  const { links, share, field } = linkShare(facts);
  if (links < MANY_LINKS || share <= 0.5) return undefined;
  return {
    field,
    message: `${Math.round(share * 100)}% of the text is links (${links} of them).`,
    fix: "Say in words what the mail is about, and keep the links that it needs.",
  };
};

/** How much of what is shown is links, in the HTML where there is one. */
function linkShare({ content, text, links }: Facts): { links: number; share: number; field: string } {
  if (content !== undefined) {
    const { textLength, linkTextLength } = content;
    return { links: content.links.length, share: linkTextLength / Math.max(1, textLength), field: "html" };
  }
  const inText = links.filter(({ field }) => field === "text");
  const length = inText.reduce((sum, { href }) => sum + href.length, 0);
  return { links: inText.length, share: length / Math.max(1, text.replace(/\s/g, "").length), field: "text" };
}
