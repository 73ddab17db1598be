// Places in files of scripts, such as lights.lua:12, within texts: a click shows the line in the tab Source.
import { html, signal } from "../web/html.js";
import { safe, short } from "./text.js";

// A place begins where a word begins. Without this condition, a long word would be searched from each of its characters.
const PLACE = /(?<![^\s"'(),:])(?:[A-Za-z]:)?[^\s"'(),:]+\.lua:\d+/g;

// wanted is the place that the tab Source shall show: { at, line, count }, and null at first.
export const wanted = signal(null);
let count = 0, open = () => {};

// onOpen sets the function that shows the tab Source.
export function onOpen(f) { open = f; }

// showPlace shows a line of a file, whose path is that of an error message.
export function showPlace(at, line) {
  wanted.value = { at, line, count: ++count };
  open();
}

// Places shows a text like safe, in which each place is a button and has no folder.
export function Places({ text, max = 2000 }) {
  text = String(text ?? "");
  if (text.length > max) text = text.slice(0, max) + "…";
  const parts = [];
  let end = 0;
  for (const m of text.matchAll(PLACE)) {
    const cut = m[0].lastIndexOf(":"), at = m[0].slice(0, cut), line = Number(m[0].slice(cut + 1));
    parts.push(safe(short(text.slice(end, m.index)), max), html`<button type="button" class="place" title=${safe(m[0], 300)} onClick=${(e) => { e.stopPropagation(); showPlace(at, line); }}>${safe(short(m[0]), 300)}</button>`);
    end = m.index + m[0].length;
  }
  return html`${parts}${safe(short(text.slice(end)), max)}`;
}
