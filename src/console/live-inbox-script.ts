/** The script of the inbox page: when mail comes in, it fetches the page again and swaps the list. Without it, reload. */
import { paths } from "./paths.ts";

export const liveInboxScript: string = `"use strict";
const list = () => document.getElementById("mail");
const rows = () => new Set([...list().querySelectorAll("[data-id]")].map((row) => row.dataset.id));

async function redraw() {
  const response = await fetch(location.href);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const known = rows();
  for (const row of page.querySelectorAll("#mail [data-id]")) {
    if (!known.has(row.dataset.id)) row.classList.add("new");
  }
  list().replaceWith(document.adoptNode(page.getElementById("mail")));
  document.title = page.title;
}

const events = new EventSource("${paths.events}");
events.addEventListener("mail", redraw);
events.addEventListener("open", () => {
  document.documentElement.classList.add("live");
  redraw(); // What came in before the stream was open.
});
events.addEventListener("error", () => document.documentElement.classList.remove("live"));
`;
