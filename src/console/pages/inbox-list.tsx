/** The inbox: the caught mail, newest first. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { InboxSummary } from "../../inbox/index.ts";
import { readableSize } from "../format.ts";
import { mailPath, paths } from "../paths.ts";
import type { View } from "../view.ts";
import { Time } from "./time.tsx";

export interface InboxListProps {
  view: View;
  mails: readonly InboxSummary[];
  /** Whether there may be older mail that is not in the list. */
  isCut: boolean;
  formToken: string;
  smtpAddress: string | undefined;
}

export function InboxListPage({ view, mails, ...rest }: InboxListProps): JSX.Element {
  const { t } = view;
  return (
    <>
      <div class="heading">
        <h1>{t.inbox.title}</h1>
        <span class="live-sign">{t.inbox.live}</span>
      </div>
      <p class="lead">{t.inbox.lead}</p>
      {/* The script replaces this element when mail comes in. */}
      <section id="mail">
        {mails.length === 0 ? (
          <Empty view={view} smtpAddress={rest.smtpAddress} />
        ) : (
          <Mails view={view} mails={mails} isCut={rest.isCut} formToken={rest.formToken} />
        )}
      </section>
    </>
  );
}

function Mails({ view, mails, isCut, formToken }: Omit<InboxListProps, "smtpAddress">): JSX.Element {
  const t = view.t.inbox;
  return (
    <>
      <div class="bar">
        <p role="status">{isCut ? t.latest(mails.length) : t.count(mails.length)}</p>
        <form method="post" action={paths.clear}>
          <input type="hidden" name="token" value={formToken} />
          <button type="submit">{t.clear}</button>
        </form>
      </div>
      <ol class="rows">
        {mails.map((mail) => (
          <Row view={view} mail={mail} />
        ))}
      </ol>
    </>
  );
}

function Row({ view, mail }: { view: View; mail: InboxSummary }): JSX.Element {
  const t = view.t.inbox;
  return (
    <li data-id={mail.id}>
      <a href={mailPath(mail.id)}>
        <span class="who">
          <bdi>{mail.from || mail.envelopeFrom || t.noSender}</bdi>
        </span>
        <span class="when">
          <Time view={view} at={mail.receivedAt} />
        </span>
        <strong class="subject">
          <bdi>{mail.subject || t.noSubject}</bdi>
        </strong>
        <span class="details">
          <bdi>{mail.to || mail.envelopeTo.join(", ")}</bdi> · {readableSize(mail.size)}
        </span>
      </a>
    </li>
  );
}

function Empty({ view, smtpAddress }: { view: View; smtpAddress: string | undefined }): JSX.Element {
  const t = view.t.inbox;
  return (
    <div class="empty">
      <h2>{t.emptyTitle}</h2>
      <p>{t.emptyLead}</p>
      <p>
        <a class="button" href="/user/register">
          {t.emptySignUp}
        </a>
      </p>
      {smtpAddress !== undefined && (
        <>
          <p>{t.emptyOr}</p>
          <pre>{settingsFor(smtpAddress)}</pre>
        </>
      )}
    </div>
  );
}

/** The two settings that point a program here, by Django's names. */
function settingsFor(smtpAddress: string): string {
  const colon = smtpAddress.lastIndexOf(":");
  return `EMAIL_HOST=${smtpAddress.slice(0, colon)}\nEMAIL_PORT=${smtpAddress.slice(colon + 1)}`;
}
