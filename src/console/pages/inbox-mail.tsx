/** One mail, seen in four ways. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { InboxMail } from "../../inbox/index.ts";
import { readableSize } from "../format.ts";
import { splitLinks } from "../links.ts";
import { MAIL_SANDBOX } from "../mail-html.ts";
import { mailPath, paths } from "../paths.ts";
import type { View } from "../view.ts";
import { Time } from "./time.tsx";

export const mailViews = ["html", "text", "source", "headers"] as const;
export type MailView = (typeof mailViews)[number];

/** More of the source than this makes a page slow; the rest has its own address. */
const SOURCE_SHOWN_OCTETS = 256 * 1024;

export interface InboxMailProps {
  view: View;
  mail: InboxMail;
  shown: MailView;
}

export function InboxMailPage({ view, mail, shown }: InboxMailProps): JSX.Element {
  const { t } = view;
  return (
    <>
      <p class="back">
        <a href={paths.inbox}>{t.mail.back}</a>
      </p>
      <h1>
        <bdi>{mail.subject || t.inbox.noSubject}</bdi>
      </h1>
      <Facts view={view} mail={mail} />
      <nav class="tabs">
        {mailViews.map((name) => (
          <a href={`?view=${name}`} aria-current={name === shown ? "page" : undefined}>
            {t.mail.views[name]}
          </a>
        ))}
      </nav>
      <section class="sheet">
        {shown === "html" && <Html view={view} mail={mail} />}
        {shown === "text" && <Text view={view} mail={mail} />}
        {shown === "source" && <Source view={view} mail={mail} />}
        {shown === "headers" && <Headers mail={mail} />}
      </section>
      <Attachments view={view} mail={mail} />
    </>
  );
}

type PartProps = Omit<InboxMailProps, "shown">;

function Facts({ view, mail }: PartProps): JSX.Element {
  const t = view.t.mail;
  const isAsWritten = mail.envelopeTo.every((address) => mail.to.includes(address));
  return (
    <dl class="facts">
      <dt>{t.from}</dt>
      <dd>
        <bdi>{mail.from || mail.envelopeFrom || view.t.inbox.noSender}</bdi>
      </dd>
      <dt>{t.to}</dt>
      <dd>
        <bdi>{mail.to}</bdi>
      </dd>
      {!isAsWritten && (
        <>
          <dt>{t.envelope}</dt>
          <dd>
            <bdi>{mail.envelopeTo.join(", ")}</bdi>
          </dd>
        </>
      )}
      <dt>{t.received}</dt>
      <dd>
        <Time view={view} at={mail.receivedAt} full />
        {` · ${readableSize(mail.size)}`}
      </dd>
    </dl>
  );
}

function Html({ view, mail }: PartProps): JSX.Element {
  const t = view.t.mail;
  if (mail.html === "") return <p class="note">{t.noHtml}</p>;
  return (
    <>
      <iframe title={t.frameTitle} sandbox={MAIL_SANDBOX} src={`${mailPath(mail.id)}/html`} />
      <p class="note">{t.frameNote}</p>
    </>
  );
}

function Text({ view, mail }: PartProps): JSX.Element {
  if (mail.text === "") return <p class="note">{view.t.mail.noText}</p>;
  return (
    <pre class="text">
      {splitLinks(mail.text).map(({ text, href }) =>
        href === undefined ? (
          text
        ) : (
          <a href={href} target="_blank" rel="noopener noreferrer nofollow">
            {text}
          </a>
        ),
      )}
    </pre>
  );
}

function Source({ view, mail }: PartProps): JSX.Element {
  const t = view.t.mail;
  const isCut = mail.raw.length > SOURCE_SHOWN_OCTETS;
  return (
    <>
      <pre>{new TextDecoder().decode(mail.raw.subarray(0, SOURCE_SHOWN_OCTETS))}</pre>
      <p class="note">
        {isCut && `${t.sourceCut(readableSize(SOURCE_SHOWN_OCTETS))} `}
        <a href={`${mailPath(mail.id)}/source`}>{t.sourceWhole}</a>
      </p>
    </>
  );
}

function Headers({ mail }: { mail: InboxMail }): JSX.Element {
  return (
    <table class="headers">
      <tbody>
        {mail.headers.map(({ name, value }) => (
          <tr>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Attachments({ view, mail }: PartProps): JSX.Element | null {
  if (mail.attachments.length === 0) return null;
  return (
    <section>
      <h2>{view.t.mail.attachments}</h2>
      <ul class="attachments">
        {mail.attachments.map(({ filename, mimeType, content }, index) => (
          <li>
            <a href={`${mailPath(mail.id)}/attachments/${index}`} download>
              <bdi>{filename || mimeType}</bdi>
            </a>{" "}
            <span class="details">
              {mimeType} · {readableSize(content.length)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
