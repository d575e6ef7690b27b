/** Rules about the header: the subject, the recipients, the way out of a list. */
import type { Rule } from "./rule.ts";

/** From here on a list of strangers' addresses is an annoyance, and filters count them. */
const MANY_RECIPIENTS = 8;
/** RFC 5322, section 2.1.1: what fits a line; readers show less. */
const LONG_SUBJECT = 78;
/** Fewer capitals may be a name. */
const SHOUTED_LETTERS = 10;
/** The tags of mail that goes to many. */
const BULK_TAGS = /^(?:bulk|campaign|digest|marketing|newsletter|promo|promotion|promotional)s?$/i;

export const emptySubject: Rule = ({ subject, message }) =>
  subject.trim() !== "" || message.raw !== undefined
    ? undefined
    : { field: "subject", message: "There is no subject.", fix: "Say in a few words what the mail is about." };

export const longSubject: Rule = ({ subject }) => {
  const length = [...subject].length;
  if (length <= LONG_SUBJECT) return undefined;
  return {
    field: "subject",
    message: `The subject has ${length} characters.`,
    fix: `Keep to ${LONG_SUBJECT}; a telephone shows about 40.`,
  };
};

export const shoutingSubject: Rule = ({ subject }) => {
  const capitals = subject.match(/\p{Lu}/gu)?.length ?? 0;
  if (capitals < SHOUTED_LETTERS || /\p{Ll}/u.test(subject)) return undefined;
  return {
    field: "subject",
    message: "The subject is all capitals.",
    fix: "Write it as a sentence; filters take capitals for shouting.",
  };
};

export const manyRecipients: Rule = ({ toCount }) =>
  toCount < MANY_RECIPIENTS
    ? undefined
    : {
        field: "to",
        message: `To names ${toCount} recipients, who all see each other.`,
        fix: "Send a mail to each (sendMassMail, the outbox), or name them in bcc.",
      };

export const noUnsubscribe: Rule = ({ message, header }) => {
  const tags: readonly unknown[] = Array.isArray(message.tags) ? message.tags : [];
  const tag = tags.find((name) => typeof name === "string" && BULK_TAGS.test(name));
  const isBulk = tag !== undefined || /^(?:bulk|list)$/i.test(String(header("precedence") ?? ""));
  if (!isBulk || message.list?.unsubscribe !== undefined || header("list-unsubscribe") !== undefined) return undefined;
  return {
    field: "list.unsubscribe",
    message: `The mail goes to many (${tag === undefined ? "Precedence" : `tag ${tag}`}) and has no List-Unsubscribe.`,
    fix: "Set list.unsubscribe to a https: URL; Gmail and Yahoo ask for it of whoever sends in bulk (RFC 8058).",
  };
};
