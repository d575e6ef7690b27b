/** Warns of what spoils delivery: what filters and readers hold against a mail that is correct to the byte. */
import type { Email } from "postal-mime";
import { findUnknownOption } from "../../base/index.ts";
import type { Composed } from "../compose.ts";
import { MessageError } from "../errors.ts";
import type { MessageFields } from "../message-fields.ts";
import { activeContent, dataImage, imageOnly, largeHtml, missingAlt, noText } from "./body-rules.ts";
import { readFacts } from "./facts.ts";
import { emptySubject, longSubject, manyRecipients, noUnsubscribe, shoutingSubject } from "./header-rules.ts";
import {
  deceptiveLink,
  foreignLink,
  insecureLink,
  ipLink,
  localLink,
  mostlyLinks,
  relativeLink,
  shortenedLink,
} from "./link-rules.ts";
import type { Finding, Rule } from "./rule.ts";

/** The name of a rule; docs/reference/lint.md explains each. */
export type LintRule =
  | "empty-subject"
  | "long-subject"
  | "shouting-subject"
  | "many-recipients"
  | "no-unsubscribe"
  | "no-text"
  | "large-html"
  | "missing-alt"
  | "image-only"
  | "data-image"
  | "active-content"
  | "mostly-links"
  | "local-link"
  | "ip-link"
  | "insecure-link"
  | "shortened-link"
  | "foreign-link"
  | "deceptive-link"
  | "relative-link";

const rules: Readonly<Record<LintRule, Rule>> = {
  "empty-subject": emptySubject,
  "long-subject": longSubject,
  "shouting-subject": shoutingSubject,
  "many-recipients": manyRecipients,
  "no-unsubscribe": noUnsubscribe,
  "no-text": noText,
  "large-html": largeHtml,
  "missing-alt": missingAlt,
  "image-only": imageOnly,
  "data-image": dataImage,
  "active-content": activeContent,
  "mostly-links": mostlyLinks,
  "local-link": localLink,
  "ip-link": ipLink,
  "insecure-link": insecureLink,
  "shortened-link": shortenedLink,
  "foreign-link": foreignLink,
  "deceptive-link": deceptiveLink,
  "relative-link": relativeLink,
};

/** The names of all rules. */
export const LINT_RULES: readonly LintRule[] = Object.keys(rules) as LintRule[];

/** Something that may spoil delivery. */
export interface LintWarning extends Finding {
  rule: LintRule;
}

/** How to look. */
export interface LintOptions {
  /** The sender of a message that names none. Without it, its links are not compared with it. */
  defaultFrom?: string | undefined;
  /** Rules to leave out. */
  ignore?: readonly LintRule[] | undefined;
}

/**
 * What filters and readers may hold against a message; each rule warns once.
 *
 * A finished message (`raw`) is looked at by `lintComposed`.
 *
 * @returns Warnings in a fixed order; none for a message that is well.
 * @throws MessageError WX_MESSAGE_OPTION for an option or a rule that does not exist
 * @example
 * for (const { rule, message, fix } of lintMessage(welcome)) console.warn(`${rule}: ${message} ${fix}`);
 */
export function lintMessage(message: MessageFields, options: LintOptions = {}): LintWarning[] {
  refuseUnknown(options);
  const { defaultFrom, ignore = [] } = options;
  const facts = readFacts(message, defaultFrom);
  return LINT_RULES.filter((rule) => !ignore.includes(rule)).flatMap((rule) => {
    const finding = rules[rule](facts);
    return finding === undefined ? [] : [{ rule, ...finding }];
  });
}

function refuseUnknown(options: LintOptions): void {
  const unknown =
    findUnknownOption(options, ["defaultFrom", "ignore"]) ??
    findUnknownOption(Object.fromEntries((options.ignore ?? []).map((rule) => [rule, true])), LINT_RULES);
  if (unknown === undefined) return;
  const { name: value, hint: fix } = unknown;
  throw new MessageError("WX_MESSAGE_OPTION", { field: "options", value, problem: "is not known to the lint", fix });
}

/**
 * The same of a finished message, such as what `mail.compose` returns or a file holds. Its tags are those of the envelope.
 *
 * @throws MessageError WX_MESSAGE_OPTION for an option or a rule that does not exist
 * @example
 * const warnings = await lintComposed({ bytes: await readFile("welcome.eml") });
 */
export async function lintComposed(
  composed: Pick<Composed, "bytes"> & Partial<Composed>,
  options: Pick<LintOptions, "ignore"> = {},
): Promise<LintWarning[]> {
  const { default: PostalMime } = await import("postal-mime");
  const email = await PostalMime.parse(composed.bytes, { maxNestingDepth: 64 });
  return lintMessage({ ...fieldsOf(email), tags: composed.envelope?.tags, textFromHtml: false }, options);
}

function fieldsOf({ subject, text, html, from, to = [], headers }: Email): MessageFields {
  return {
    subject,
    text,
    html,
    ...(from?.address !== undefined && { from: { name: "", address: from.address } }),
    to: to.flatMap(({ address }) => (address === undefined ? [] : [{ name: "", address }])),
    headers: Object.fromEntries(headers.map(({ originalKey, value }) => [originalKey, value])),
  };
}
