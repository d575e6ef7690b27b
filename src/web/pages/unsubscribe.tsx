/** What an unsubscribe link opens: one button; after it, the way back. */
import type { JSX } from "hono/jsx/jsx-runtime";
import { Form, Notice, Typed } from "../parts.tsx";
import type { UnsubscribeClaim } from "../unsubscribe-links.ts";
import type { View } from "../view.ts";

/** Before the button, after it, and after the way back. */
export type UnsubscribeStep = "ask" | "done" | "back";

/** The field by which the way back is taken. */
export const BACK_FIELD = "resubscribe";

export interface UnsubscribePageProps {
  view: View;
  token: string;
  /** The address of this very page. */
  action: string;
  claim: UnsubscribeClaim;
  step: UnsubscribeStep;
}

export function UnsubscribePage({ view, token, action, claim, step }: UnsubscribePageProps): JSX.Element {
  const t = view.t.unsubscribe;
  const address = <Typed>{masked(claim.address)}</Typed>;
  const stream = <Typed>{claim.stream}</Typed>;
  const isAll = claim.stream === "";
  if (step === "ask") {
    return (
      <>
        <h1>{t.title}</h1>
        <p class="lead">{isAll ? t.leadAll(address) : t.lead(address, stream)}</p>
        <Form action={action} token={token}>
          <button type="submit" name="List-Unsubscribe" value="One-Click">
            {t.submit}
          </button>
        </Form>
        <p class="aside">{t.stays}</p>
      </>
    );
  }
  if (step === "back") {
    return (
      <>
        <h1>{t.backTitle}</h1>
        <Notice tone="good">{isAll ? t.backAll(address) : t.back(address, stream)}</Notice>
      </>
    );
  }
  return (
    <>
      <h1>{t.doneTitle}</h1>
      <Notice tone="good">{isAll ? t.doneAll(address) : t.done(address, stream)}</Notice>
      <p class="lead">{t.mistake}</p>
      <Form action={action} token={token}>
        <button type="submit" class="quiet" name={BACK_FIELD} value="1">
          {t.resubscribe}
        </button>
      </Form>
    </>
  );
}

/** Enough to know one's own address by, too little to learn another's: whoever was forwarded the mail sees this page. */
function masked(address: string): string {
  const at = address.lastIndexOf("@");
  const [first = ""] = address.slice(0, at);
  return `${first}***${address.slice(at)}`;
}
