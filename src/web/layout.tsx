/** The frame of every page: a sealed card, the site's name above it, the language switch below. */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { textsOf } from "./texts/index.ts";
import { paths } from "./paths.ts";
import type { View } from "./view.ts";

export interface LayoutProps {
  view: View;
  title: string;
  children?: Child;
}

export function Layout({ view, title, children }: LayoutProps): JSX.Element {
  const { site, locale, t } = view;
  return (
    <html lang={locale}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · ${site.name}`}</title>
        <link rel="icon" type="image/svg+xml" href={site.assets.seal.href} />
        <link rel="stylesheet" href={site.assets.style.href} />
      </head>
      <body>
        <header class="top">
          <a class="wordmark" href={paths.home}>
            {site.name}
          </a>
          <LanguageSwitch view={view} />
        </header>
        <main class="card">
          <Flap sealHref={site.assets.seal.href} />
          {children}
        </main>
        <footer class="bottom">{t.footer}</footer>
      </body>
    </html>
  );
}

/** The upper edge of the card, drawn as the flap of an envelope with the seal on its tip. */
function Flap({ sealHref }: { sealHref: string }): JSX.Element {
  return (
    <div class="flap" aria-hidden="true">
      <svg viewBox="0 0 100 100" preserveAspectRatio="none">
        <path d="M0 0L46 92Q50 100 54 92L100 0" vector-effect="non-scaling-stroke" />
      </svg>
      <img src={sealHref} alt="" width="76" height="76" />
    </div>
  );
}

function LanguageSwitch({ view }: { view: View }): JSX.Element {
  return (
    <nav class="languages">
      {view.otherLanguages.map(({ locale, href }) => (
        <a href={href} lang={locale} hreflang={locale} rel="nofollow">
          {textsOf(locale).languageName}
        </a>
      ))}
    </nav>
  );
}
