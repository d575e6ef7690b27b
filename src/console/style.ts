/** The console's style sheet: the account pages' colours, set for reading lists. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #f4eee5; --card: #fffdf9; --sunk: #faf4ea; --line: #e3d7c7;
  --ink: #2b211c; --soft: #6a5a4f; --wax: #a3231f; --wax-deep: #84191a; --on-wax: #fff8f4; --link: #98201d;
  --good: #1f6a3f; --good-paper: #e3f1e6; --bad: #a01d1d; --bad-paper: #fbe4df;
  --warn: #7a4d06; --warn-paper: #faedcb; --calm: #5d5148; --calm-paper: #efe6da;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
    "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, "Songti SC", "Noto Serif CJK SC",
    "Noto Serif SC", SimSun, serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #171210; --card: #221b18; --sunk: #29211d; --line: #3b302a;
    --ink: #f2e9e1; --soft: #b9aa9f; --wax: #b52f29; --wax-deep: #c83e36; --link: #f3998d;
    --good: #8fd3a6; --good-paper: #1d3325; --bad: #f6a79c; --bad-paper: #421f1c;
    --warn: #e8c983; --warn-paper: #3a2e18; --calm: #cbbdb2; --calm-paper: #372d27;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 var(--sans); overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: .2em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
p, dl, dd, ol, ul { margin: 0; }

.top { display: flex; flex-wrap: wrap; justify-content: space-between; max-width: 62rem; margin: 0 auto; padding: .5rem 1rem; }
.top nav { display: flex; align-items: center; gap: .25rem; }
.top a {
  display: inline-flex; align-items: center; min-height: 44px; padding-inline: .75rem;
  color: var(--soft); text-decoration: none; border-radius: 10px;
}
.top a:hover { color: var(--link); }
.places a { font: 600 1.0625rem/1 var(--serif); }
.places a[aria-current] { color: var(--ink); box-shadow: inset 0 -2px var(--wax); border-radius: 0; }
.mark { margin-inline-end: .25rem; flex: none; }
.mark .wax { fill: var(--wax); }
.mark .press { fill: none; stroke: var(--on-wax); stroke-width: 1.4; stroke-linejoin: round; }

main { max-width: 62rem; margin: 0 auto; padding: 1rem 1rem 4rem; }
h1 { margin: 0; font: 600 clamp(1.5rem, 4vw, 1.875rem)/1.3 var(--serif); letter-spacing: -.01em; text-wrap: balance; }
h2 { margin: 2rem 0 .625rem; font: 600 1.0625rem/1.4 var(--sans); }
.heading { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .875rem; }
.lead { margin: .375rem 0 1.25rem; color: var(--soft); text-wrap: pretty; }
.live-sign { display: none; align-items: center; gap: .4375rem; color: var(--good); font-size: .875rem; }
.live-sign::before { content: ""; width: .5rem; height: .5rem; border-radius: 50%; background: currentcolor; }
.live .live-sign { display: inline-flex; }

.bar { display: flex; align-items: center; justify-content: space-between; gap: 1rem; margin-bottom: .625rem; color: var(--soft); }
button, .button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 44px; padding: .375rem 1rem;
  border: 1px solid var(--line); border-radius: 10px; background: transparent; color: var(--link);
  font: 600 .9375rem/1.2 var(--sans); text-decoration: none; cursor: pointer;
}
button:hover { background: var(--card); }
.button { background: var(--wax); border-color: transparent; color: var(--on-wax); }
.button:hover { background: var(--wax-deep); }

.rows { padding: 0; list-style: none; background: var(--card); border: 1px solid var(--line); border-radius: 14px; overflow: hidden; }
.rows li + li { border-top: 1px solid var(--line); }
.rows a {
  display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .125rem 1rem; padding: .875rem 1.125rem;
  color: inherit; text-decoration: none;
}
.rows a:hover { background: var(--sunk); }
.rows a:focus-visible { outline-offset: -3px; }
.who, .when, .details { color: var(--soft); font-size: .9375rem; }
.when { text-align: end; font-variant-numeric: tabular-nums; }
.subject { grid-column: 1 / -1; font-weight: 600; font-size: 1.0625rem; }
.rows .details { grid-column: 1 / -1; }
@media (prefers-reduced-motion: no-preference) {
  .new { animation: arrive 2.4s ease-out; }
  @keyframes arrive { from { background: var(--good-paper); } }
}
.empty {
  padding: clamp(2rem, 8vw, 4rem) 1.25rem; text-align: center; color: var(--soft);
  background: var(--card); border: 1px solid var(--line); border-radius: 14px;
}
.empty h1, .empty h2 { margin: 0 0 .375rem; color: var(--ink); font: 600 1.375rem/1.3 var(--serif); }
.empty p + p { margin-top: 1.25rem; }
.empty pre { display: inline-block; margin-top: .625rem; text-align: start; border: 1px solid var(--line); border-radius: 10px; }

.back { margin-bottom: .375rem; }
.back a { display: inline-flex; align-items: center; min-height: 44px; }
.back a::before { content: "\\2190"; margin-inline-end: .5rem; }
.facts { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .25rem 1.25rem; margin: .875rem 0 1.375rem; }
.facts dt { color: var(--soft); }
.tabs { display: flex; overflow-x: auto; gap: .25rem; }
.tabs a {
  display: inline-flex; align-items: center; min-height: 44px; padding-inline: 1rem; color: var(--soft);
  text-decoration: none; white-space: nowrap; border: 1px solid transparent; border-radius: 10px 10px 0 0;
}
.tabs a:hover { color: var(--link); }
.tabs a[aria-current] {
  color: var(--ink); font-weight: 600; background: var(--card); border-color: var(--line);
  border-bottom-color: var(--card); margin-bottom: -1px; z-index: 1;
}
.tabs a:focus-visible { outline-offset: -3px; }
.sheet { background: var(--card); border: 1px solid var(--line); border-radius: 0 14px 14px 14px; overflow: hidden; }
iframe { display: block; width: 100%; height: min(72vh, 46rem); border: 0; background: #fff; color-scheme: light; }
pre { margin: 0; padding: 1.125rem; overflow-x: auto; font: .875rem/1.6 var(--mono); tab-size: 4; }
pre.text { font: 1rem/1.65 var(--sans); white-space: pre-wrap; }
.note { padding: .75rem 1.125rem; color: var(--soft); font-size: .9375rem; }
.sheet > * + .note { border-top: 1px solid var(--line); }
.headers { width: 100%; border-collapse: collapse; font-size: .9375rem; }
.headers tr + tr { border-top: 1px solid var(--line); }
.headers th, .headers td { padding: .5rem 1.125rem; text-align: start; vertical-align: top; }
.headers th { width: 1%; color: var(--soft); font-weight: 500; white-space: nowrap; }
.headers td { padding-inline-start: 0; font-family: var(--mono); font-size: .875rem; white-space: pre-wrap; }
@media (max-width: 34rem) {
  .headers th, .headers td { display: block; width: auto; padding-block: .5rem 0; }
  .headers td { padding: 0 1.125rem .5rem; }
}
.attachments, .recipients, .history { padding: 0; list-style: none; }
.attachments a { display: inline-flex; align-items: center; min-height: 44px; }

.attention, .outlook, .done {
  margin: 0 0 1.25rem; padding: .75rem 1.125rem; border-radius: 14px; color: var(--warn); background: var(--warn-paper);
}
.attention p + p, .attention ul + p { margin-top: .5rem; }
.attention ul { margin: .375rem 0 0; padding-inline-start: 1.25rem; }
.outlook { margin-top: .875rem; color: var(--calm); background: var(--calm-paper); }
.done { margin-top: .875rem; color: var(--good); background: var(--good-paper); }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .875rem; }
.filters {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .625rem .875rem; align-items: end;
  margin-bottom: 1.25rem;
}
.filters label { display: grid; gap: .25rem; color: var(--soft); font-size: .875rem; }
.filters input, .filters select {
  width: 100%; min-height: 44px; padding: .375rem .75rem; border: 1px solid var(--line); border-radius: 10px;
  background: var(--card); color: var(--ink); font: 1rem/1.3 var(--sans);
}
.filter-buttons { display: flex; align-items: center; gap: .875rem; }
.filter-buttons a { display: inline-flex; align-items: center; min-height: 44px; white-space: nowrap; }
.pages { margin-top: 1rem; text-align: center; }
.pages a { display: inline-flex; align-items: center; min-height: 44px; padding-inline: 1rem; }

.badge {
  display: inline-block; padding: .1875rem .625rem; border-radius: 99px; font: 600 .8125rem/1.35 var(--sans);
  color: var(--calm); background: var(--calm-paper); white-space: nowrap;
}
.badge.sent { color: var(--good); background: var(--good-paper); }
.badge.failed, .badge.suppressed { color: var(--bad); background: var(--bad-paper); }
.badge.deferred, .badge.unknown, .badge.held, .badge.interrupted { color: var(--warn); background: var(--warn-paper); }
.recipients li, .history li {
  padding: .75rem 1.125rem; background: var(--card); border: 1px solid var(--line); border-bottom-width: 0;
}
.recipients li:first-child, .history li:first-child { border-radius: 14px 14px 0 0; }
.recipients li:last-child, .history li:last-child { border-bottom-width: 1px; border-radius: 0 0 14px 14px; }
.recipients li:only-child, .history li:only-child { border-radius: 14px; }
.attempt { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .875rem; color: var(--soft); font-size: .9375rem; }
.words { margin-top: .375rem; font: .875rem/1.6 var(--mono); }
.mono { font-family: var(--mono); font-size: .875rem; }
`;
