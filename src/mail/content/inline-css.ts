/** CSS moved into the elements that it is for, since many readers of mail drop `<style>`. */
import { describeError } from "../../base/index.ts";
import { MessageError } from "../errors.ts";

/**
 * The HTML with the rules of its `<style>` elements as `style` attributes. Rules that cannot be an attribute, such as
 * `@media`, stay in a `<style>`. Nothing is fetched.
 *
 * @throws MessageError WX_MESSAGE_INLINE_CSS when `@css-inline/css-inline` is not installed, or cannot read the HTML
 */
export async function inlineCss(html: string): Promise<string> {
  const { inline } = await loadInliner();
  try {
    return inline(html, { loadRemoteStylesheets: false, keepLinkTags: true, keepAtRules: true });
  } catch (cause) {
    throw cannotInline(`cannot be read for it (${describeError(cause)})`, "Correct the CSS", cause);
  }
}

async function loadInliner(): Promise<typeof import("@css-inline/css-inline")> {
  try {
    return await import("@css-inline/css-inline");
  } catch (cause) {
    throw cannotInline(
      "needs @css-inline/css-inline, which is not installed",
      "Run npm i @css-inline/css-inline",
      cause,
    );
  }
}

function cannotInline(problem: string, fix: string, cause: unknown): MessageError {
  return new MessageError("WX_MESSAGE_INLINE_CSS", { field: "inlineCss", problem, fix }, { cause });
}
