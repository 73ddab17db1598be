// How values are written in the page. All of them become text nodes, never HTML.
import { html } from "../web/html.js";
import { safe } from "../web/safe.js";
import { say, fixed } from "./texts.js";
export { safe };

// inline returns a JSON value on one line, as Lua would write a call: room: "hall", on: true.
export function inline(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "";
  if (Array.isArray(value)) return "[" + value.map(inline).join(", ") + "]";
  return "{ " + pairs(value) + " }";
}
export const pairs = (object) => Object.entries(object).map(([k, v]) => k + ": " + inline(v)).join(", ");

// parsed returns the value of a result if it is a JSON object or list, and undefined otherwise.
export function parsed(text) {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try { return JSON.parse(text); } catch { return undefined; }
}

// A Tree shows a JSON value, one entry a line.
export function Tree({ value, depth = 0 }) {
  if (value === null || typeof value !== "object") return html`<span class=${typeof value === "string" ? "s" : "n"}>${safe(JSON.stringify(value), 4000)}</span>`;
  const entries = Object.entries(value);
  if (entries.length === 0) return html`<span class="k">${Array.isArray(value) ? "[]" : "{}"}</span>`;
  const shown = entries.slice(0, 200);
  return html`${shown.map(([k, v], i) => {
    const nested = v !== null && typeof v === "object" && Object.keys(v).length > 0;
    return html`${i > 0 || depth > 0 ? "\n" : ""}${"  ".repeat(depth)}<span class="k">${safe(k, 200)}</span>${"  "}<${Tree} value=${v} depth=${nested ? depth + 1 : 0} />`;
  })}${entries.length > shown.length ? html`\n<span class="k">${say("more", { n: entries.length - shown.length })}</span>` : null}`;
}

// lua returns a JSON value as a Lua expression.
export function lua(value) {
  if (value === null || value === undefined) return "nil";
  if (typeof value === "string") return luaString(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return "{ " + value.map(lua).join(", ") + " }";
  const fields = Object.entries(value).map(([k, v]) => (/^[A-Za-z_]\w*$/.test(k) && !KEYWORDS.has(k) ? k : "[" + luaString(k) + "]") + " = " + lua(v));
  return fields.length ? "{ " + fields.join(", ") + " }" : "{}";
}
const KEYWORDS = new Set("and break do else elseif end false for function if in local nil not or repeat return then true until while".split(" "));
const luaString = (text) => '"' + text.replace(/[\\"\n\r\0]/g, (c) => ({ "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\0": "\\0" })[c]) + '"';

// curl returns a command line that calls a tool.
export function curl(tool, args) {
  const body = JSON.stringify({ tool, args }).replaceAll("'", "'\\''");
  return `curl -d '${body}' ${location.origin}${location.pathname.replace(/inspect$/, "")}call`;
}

// copy puts a text into the clipboard. navigator.clipboard exists only on https and on this machine.
export async function copy(text) {
  try { await navigator.clipboard.writeText(text); return true; } catch { /* execCommand works everywhere */ }
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const ok = document.execCommand("copy");
  area.remove();
  return ok;
}

// clock returns a time of day, and stamp the time since the conversation began.
export const clock = (at) => new Date(at).toLocaleTimeString("en-GB");
export function stamp(at, start) {
  if (!start || at < start) return clock(at).slice(0, 5);
  const s = (at - start) / 1000;
  return `${Math.floor(s / 60)}:${fixed(s % 60, 1).padStart(4, "0")}`;
}

// short returns a text in which paths of Lua files have no folder.
export const short = (text) => String(text ?? "").replace(/(^|[\s"'(])(?:[A-Za-z]:)?(?:[^\s"':()]*[\\/])([^\s"':()\\/]+\.lua)\b/g, "$1$2");
