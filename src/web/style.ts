/** The one style sheet of the account pages: warm paper, dark ink, sealing-wax red; light and dark; from 320 px up. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #f4eee5;
  --card: #fffdf9;
  --flap: #faf4ea;
  --line: #e3d7c7;
  --field-line: #94836f;
  --ink: #2b211c;
  --soft: #6a5a4f;
  --wax: #a3231f;
  --wax-deep: #84191a;
  --on-wax: #fff8f4;
  --link: #98201d;
  --good: #1f6a3f; --good-paper: #edf6ee; --good-line: #bcdcc4;
  --bad: #a01d1d; --bad-paper: #fdf0ed; --bad-line: #efc6bf;
  --info: #6b4a12; --info-paper: #fbf4e2; --info-line: #ecd9ac;
  --shadow: 0 1px 2px rgb(67 42 24 / .07), 0 12px 36px -8px rgb(67 42 24 / .16);
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
    "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, "Songti SC", "Noto Serif CJK SC",
    "Noto Serif SC", SimSun, serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #171210;
    --card: #221b18;
    --flap: #29211d;
    --line: #3b302a;
    --field-line: #85746a;
    --ink: #f2e9e1;
    --soft: #b9aa9f;
    --wax: #b52f29;
    --wax-deep: #c83e36;
    --link: #f3998d;
    --good: #8fd3a6; --good-paper: #18271d; --good-line: #2d4a37;
    --bad: #f6a79c; --bad-paper: #301917; --bad-line: #5b2c28;
    --info: #e8c983; --info-paper: #2a2214; --info-line: #4b3d22;
    --shadow: 0 1px 2px rgb(0 0 0 / .4), 0 16px 40px -8px rgb(0 0 0 / .5);
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  min-height: 100vh;
  min-height: 100dvh;
  display: grid;
  grid-template-rows: auto 1fr auto;
  background: var(--paper);
  color: var(--ink);
  font: 1.0625rem/1.6 var(--sans);
  overflow-wrap: anywhere;
}
.top, .bottom {
  display: flex;
  align-items: center;
  justify-content: space-between;
  padding: .75rem clamp(1rem, 4vw, 2rem);
}
.bottom {
  justify-content: center;
  padding-block: 1.25rem 1.75rem;
  color: var(--soft);
  font: italic .9375rem/1.5 var(--serif);
}
:lang(zh-CN) .bottom { font-style: normal; letter-spacing: .08em; }
.wordmark {
  display: inline-flex;
  align-items: center;
  min-height: 44px;
  color: var(--ink);
  font: 600 1.1875rem/1.2 var(--serif);
  letter-spacing: .01em;
  text-decoration: none;
}
.languages a {
  display: inline-flex;
  align-items: center;
  min-height: 44px;
  padding-inline: .75rem;
  margin-inline-end: -.75rem;
  color: var(--soft);
  text-decoration: none;
  border-radius: 10px;
}
.wordmark:hover, .languages a:hover { color: var(--link); }

.card {
  position: relative;
  align-self: start;
  justify-self: center;
  width: min(27.5rem, 100% - 2rem);
  margin-block: clamp(.5rem, 4vw, 3.5rem) 1rem;
  padding: 0 clamp(1.375rem, 6vw, 2.5rem) clamp(1.75rem, 6vw, 2.5rem);
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 16px;
  box-shadow: var(--shadow);
  overflow: hidden;
}
.flap {
  position: relative;
  height: 68px;
  margin: 0 calc(-1 * clamp(1.375rem, 6vw, 2.5rem)) 52px;
}
.flap svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.flap path { fill: var(--flap); stroke: var(--line); stroke-width: 1px; }
.flap img {
  position: absolute;
  left: 50%;
  top: 27px;
  width: 76px;
  height: 76px;
  margin-left: -38px;
  filter: drop-shadow(0 2px 3px rgb(60 10 8 / .35));
}

h1 {
  margin: 0 0 1rem;
  font: 600 clamp(1.625rem, 6.4vw, 1.9375rem)/1.25 var(--serif);
  letter-spacing: -.01em;
  text-align: center;
  text-wrap: balance;
}
h2 { margin: 0 0 .5rem; font: 600 1rem/1.5 var(--sans); }
p { margin: 0; }
a { color: var(--link); text-underline-offset: .2em; text-decoration-thickness: from-font; }
.lead { margin-bottom: 1.5rem; color: var(--soft); text-align: center; text-wrap: pretty; }
.typed { color: var(--ink); font-weight: 600; }
.aside { margin-top: 1.5rem; color: var(--soft); text-align: center; }
.aside a { display: inline-block; padding-block: .5rem; }

.field { margin-bottom: 1.25rem; }
label { display: block; margin-bottom: .375rem; font-weight: 600; font-size: 1rem; }
input:not([type=hidden]) {
  display: block;
  width: 100%;
  min-height: 48px;
  padding: .5rem .875rem;
  color: inherit;
  background: var(--card);
  border: 1px solid var(--field-line);
  border-radius: 10px;
  font: inherit;
}
input[aria-invalid=true] { border-color: var(--bad); box-shadow: inset 0 0 0 1px var(--bad); }
.hint, .problem { margin-top: .375rem; font-size: .9375rem; line-height: 1.5; }
.hint { color: var(--soft); }
.problem { color: var(--bad); font-weight: 500; }

button, .button {
  display: flex;
  align-items: center;
  justify-content: center;
  width: 100%;
  min-height: 50px;
  padding: .625rem 1.25rem;
  color: var(--on-wax);
  background: var(--wax);
  border: 1px solid transparent;
  border-radius: 10px;
  font: 600 1.0625rem/1.3 var(--sans);
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}
button:hover, .button:hover { background: var(--wax-deep); }
button:active, .button:active { transform: translateY(1px); }
button.quiet, .button.quiet { color: var(--link); background: transparent; border-color: var(--line); }
button.quiet:hover, .button.quiet:hover { background: var(--flap); }
.actions { display: grid; gap: .75rem; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }

.notice {
  margin-bottom: 1.5rem;
  padding: .875rem 1rem;
  border: 1px solid;
  border-radius: 10px;
  font-size: 1rem;
  line-height: 1.55;
}
.notice p + p, .notice form { margin-top: .625rem; }
.notice a, .notice button.quiet { color: inherit; }
.notice button.quiet { border-color: currentcolor; min-height: 44px; }
.notice button.quiet:hover { background: var(--card); }
.good { color: var(--good); background: var(--good-paper); border-color: var(--good-line); }
.bad { color: var(--bad); background: var(--bad-paper); border-color: var(--bad-line); }
.info { color: var(--info); background: var(--info-paper); border-color: var(--info-line); }

.help { padding-top: 1.375rem; border-top: 1px solid var(--line); color: var(--soft); }
.help h2 { color: var(--ink); }
.help ul { margin: 0 0 1.125rem; padding-inline-start: 1.25rem; }
.help li { padding-block: .1875rem; }
.help li::marker { color: var(--wax); }

@media (prefers-reduced-motion: no-preference) {
  button, .button, .wordmark, .languages a { transition: background-color .15s, color .15s; }
}
@media (forced-colors: active) {
  .card, button, .button, .notice { border-color: CanvasText; }
}
`;
