/** The frame of every console page: the way between inbox and outbox, and the language switch. */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { styleHref } from "./assets.ts";
import { paths } from "./paths.ts";
import { textsOf } from "./texts/index.ts";
import type { View } from "./view.ts";

export interface LayoutProps {
  view: View;
  title: string;
  script?: string | undefined;
  children?: Child;
}

export function Layout({ view, title, script, children }: LayoutProps): JSX.Element {
  return (
    <html lang={view.locale}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Waxseal`}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href={styleHref} />
        {script !== undefined && <script src={script} defer></script>}
      </head>
      <body>
        <TopBar view={view} />
        <main>{children}</main>
      </body>
    </html>
  );
}

function TopBar({ view }: { view: View }): JSX.Element {
  const { t, path } = view;
  const tab = (href: string, label: string): JSX.Element => (
    <a href={href} aria-current={path === href ? "page" : path.startsWith(`${href}/`) ? "true" : undefined}>
      {label}
    </a>
  );
  return (
    <header class="top">
      <nav class="places" aria-label={t.places}>
        <Mark />
        {tab(paths.inbox, t.inbox.title)}
        {tab(paths.outbox, t.outbox.title)}
      </nav>
      <nav class="others">
        <a href="/">{t.site}</a>
        {view.otherLanguages.map(({ locale, href }) => (
          <a href={href} lang={locale} hreflang={locale}>
            {textsOf(locale).languageName}
          </a>
        ))}
      </nav>
    </header>
  );
}

/** A drop of sealing wax. */
function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path
        class="wax"
        d="M12 1.4c3 .1 4.6 2.3 6.7 4 2 1.7 3.6 3.7 3.5 6.5s-1.5 4.7-3.1 6.6c-1.8 2.2-4.2 4-7.1 4.1-2.9 0-5.1-1.5-7-3.4C3.1 17.3 1.7 15 1.8 12c0-2.9 1.2-5.3 3.2-7.1C7 3 9.1 1.3 12 1.4z"
      />
      <path class="press" d="M7 9l5 4.2L17 9M7 8.5h10v7H7z" />
    </svg>
  );
}
