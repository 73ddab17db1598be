// How values are written in the page. All of them become text nodes, never HTML.
import { safe } from "../web/safe.js";
import { say, has } from "./texts.js";
export { safe };

// line returns a value of an event on one line. What is no text is written as JSON.
export const line = (value, max = 2000) => safe(value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value), max);

// word returns the text for a word of the program, or the word itself if the page does not know it.
export const word = (prefix, value) => (has(prefix + value) ? say(prefix + value) : safe(value, 40));

// since returns how long ago a time was, such as "23 d".
export function since(from, now) {
  const s = Math.max(0, (now - from) / 1000);
  if (s < 90) return say("seconds", { n: Math.round(s) });
  if (s < 90 * 60) return say("minutes", { n: Math.round(s / 60) });
  if (s < 36 * 3600) return say("hours", { n: Math.round(s / 3600) });
  return say("days", { n: Math.round(s / 86400) });
}

// clock returns a time of day, with the date if it is another day.
export function clock(at) {
  const time = new Date(at), today = new Date().toDateString() === time.toDateString();
  if (Number.isNaN(time.getTime())) return "?";
  const day = `${time.getFullYear()}-${String(time.getMonth() + 1).padStart(2, "0")}-${String(time.getDate()).padStart(2, "0")} `;
  return (today ? "" : day) + time.toLocaleTimeString("en-GB");
}
