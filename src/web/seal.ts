/** The mark of a site: a wax seal that bears the first letter of its name. */

/** The rim of the pressed wax, in a box of 100 by 100: a circle of radius 44 with three gentle waves. */
const RIM =
  "M95.7 50C95.8 55.7 94.1 62.1 91.6 67.2C89.2 72.4 85.2 77.2 81 81C76.9 84.9 71.9 88.4 66.7 90.3C61.5 92.2 55.5 92.4 50 92.3" +
  "C44.5 92.1 39.3 90.8 33.7 89.4C28 88.1 20 87.9 15.9 84.1C11.9 80.3 10.7 72.5 9.4 66.8C8 61.1 7.5 55.5 7.7 50" +
  "C7.8 44.5 8.5 38.8 10.3 33.6C12.2 28.4 15 22.9 18.8 18.8C22.6 14.7 27.8 11.4 33 9C38.2 6.6 44.3 4.4 50 4.3" +
  "C55.7 4.1 62.7 5.2 67.3 8.1C72 11.1 74.2 17.7 78.1 21.9C82 26 87.7 28.5 90.7 33.2C93.6 37.8 95.5 44.3 95.7 50Z";

/** The seal as an SVG document of its own. */
export function sealSvg(siteName: string): string {
  const letter = escapeXml(initialOf(siteName));
  const glyph = (x: number, y: number, fill: string): string =>
    `<text x="${x}" y="${y}" fill="${fill}">${letter}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">`,
    `<defs>`,
    `<radialGradient id="wax" cx="36%" cy="28%" r="80%"><stop offset="0" stop-color="#d8483f"/><stop offset=".5" stop-color="#ab2722"/><stop offset="1" stop-color="#751312"/></radialGradient>`,
    `<radialGradient id="well" cx="62%" cy="70%" r="75%"><stop offset="0" stop-color="#bd322b"/><stop offset="1" stop-color="#8a1917"/></radialGradient>`,
    `</defs>`,
    `<path fill="url(#wax)" d="${RIM}"/>`,
    `<circle cx="50.5" cy="49.5" r="32.5" fill="#6b100f" opacity=".55"/>`,
    `<circle cx="50.5" cy="50" r="31.5" fill="url(#well)"/>`,
    `<path d="M21.5 62A31.5 31.5 0 0 0 79.5 62" fill="none" stroke="#f08a7c" stroke-width="1.2" stroke-linecap="round" opacity=".7"/>`,
    `<g font-family="Georgia,'Times New Roman','Songti SC','Noto Serif CJK SC',SimSun,serif" font-size="42" font-weight="700" text-anchor="middle">`,
    glyph(50.9, 65.4, "#5d0c0c"),
    glyph(49.7, 63.8, "#ee8f80"),
    glyph(50.2, 64.5, "#c53c33"),
    `</g>`,
    `</svg>`,
  ].join("");
}

/** The first character as a reader counts them, in upper case. */
function initialOf(name: string): string {
  const [first] = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(name.trim());
  return (first?.segment ?? "W").toUpperCase();
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
