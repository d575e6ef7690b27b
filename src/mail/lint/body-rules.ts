/** Rules about the body: what readers do not show, and what filters hold against it. */
import { type Rule, some } from "./rule.ts";

/** Gmail shows so much of a mail's HTML and hides the rest behind a link. */
const GMAIL_CLIPS_BYTES = 102_000;
/** Less text than this beside an image is a caption. */
const CAPTION_LENGTH = 100;

export const noText: Rule = ({ message, html, text }) =>
  html === "" || text !== "" || message.textFromHtml !== false
    ? undefined
    : {
        field: "text",
        message: "There is HTML and no text beside it.",
        fix: "Give a text, or leave textFromHtml on, which makes one from the HTML.",
      };

export const largeHtml: Rule = ({ html }) => {
  const bytes = Buffer.byteLength(html);
  if (bytes <= GMAIL_CLIPS_BYTES) return undefined;
  return {
    field: "html",
    message: `The HTML has ${Math.ceil(bytes / 1000)} kB; Gmail shows 102 and hides the rest.`,
    fix: "Shorten it: drop unused styles and comments, and link to what is long.",
  };
};

export const missingAlt: Rule = ({ content }) => {
  const without = content?.images.filter(({ alt }) => alt === undefined) ?? [];
  if (without.length === 0) return undefined;
  return {
    field: "html",
    message: `An image has no alt: ${some(without.map(({ src }) => src))}.`,
    fix: 'Say in alt what the image shows, or alt="" where it only decorates: many readers show no images at first.',
  };
};

export const imageOnly: Rule = ({ content }) =>
  content === undefined || content.images.length === 0 || content.textLength >= CAPTION_LENGTH
    ? undefined
    : {
        field: "html",
        message: `The HTML is images and ${content.textLength} characters of text.`,
        fix: "Write as text what the images say: filters cannot read them, and many readers do not show them at first.",
      };

export const dataImage: Rule = ({ content }) =>
  content?.images.some(({ src }) => /^data:/i.test(src)) === true
    ? {
        field: "html",
        message: "An image stands in the HTML as data:, which Gmail and Outlook do not show.",
        fix: "Attach it with a cid and show it by cid:, or link to it.",
      }
    : undefined;

/** What every reader takes out. */
const REMOVED = ["script", "form", "iframe", "object", "embed", "video", "audio"];

export const activeContent: Rule = ({ content }) => {
  const found = REMOVED.filter((name) => content?.elements.has(name));
  if (found.length === 0) return undefined;
  return {
    field: "html",
    message: `The HTML has ${found.map((name) => `<${name}>`).join(", ")}, which readers take out and filters dislike.`,
    fix: "Link to a page that has it.",
  };
};
