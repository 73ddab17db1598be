// The tab Source: a Lua file of a script with its errors at their lines and, with --inspect=edit, a field to mend it.
// A text that has not been saved stays in the page, whatever happens to the connection or to the file.
import { html, signal, useState, useEffect, useLayoutEffect, useMemo, useRef } from "../web/html.js";
import { get, post } from "./requests.js";
import * as s from "./state.js";
import { safe } from "./text.js";
import { say } from "./texts.js";
import { wanted } from "./places.js";
import { fieldText, fileText, kept, lineNow } from "./edit.js";

const DRAFTS = "moonlark source drafts";

const docs = new Map();          // the files that have been shown, by script and file
const shown = signal("");        // the key of the file that is shown
const problem = signal("");      // why a file could not be read
const rev = signal(0);           // counts the changes of docs
let names = [];                  // the scripts, as the server names them; empty before the first file was read
let count = 0;                   // counts requests and saved texts
const keyOf = (d) => d.script + "\n" + d.file;
const placeOf = (d) => ({ script: d.script, file: d.file });
const isDirty = (d) => d.text !== fieldText(d.base);
const touch = () => { rev.value++; };

// unsaved returns the texts that have not been saved.
const unsaved = () => [...docs.values()].filter(isDirty);

// Texts that have not been saved survive a reload of the page in the same tab of the browser.
try {
  for (const d of JSON.parse(sessionStorage.getItem(DRAFTS) ?? "[]")) docs.set(keyOf(d), { ...d, files: [d.file], errors: [], note: "", editable: true });
} catch { /* there are no drafts then */ }
let storing = 0;
function store() {
  storing = 0;
  const dirty = unsaved().map(({ script, file, base, version, text }) => ({ script, file, base, version, text }));
  try { sessionStorage.setItem(DRAFTS, JSON.stringify(dirty)); } catch { /* the texts stay in the page only */ }
}
const storeSoon = () => { storing ||= setTimeout(store, 300); };
addEventListener("pagehide", store);
addEventListener("beforeunload", (e) => { if (unsaved().length > 0) { store(); e.preventDefault(); } });

// read asks for a file: { script, file } or { at }. A text that has not been saved is kept. An answer that is
// older than the text that was saved last does not count.
async function read(query) {
  const began = ++count;
  const params = new URLSearchParams(Object.entries(query).filter(([, v]) => v));
  let view;
  try { view = await get("source?" + params); } catch (e) { problem.value = e.message; return null; }
  problem.value = "";
  names = view.scripts;
  const d = docs.get(keyOf(view));
  if (d && (d.busy || began < d.savedAt)) return d;
  const fresh = { script: view.script, file: view.file, files: view.files, base: view.text, version: view.version, text: fieldText(view.text), errors: view.errors, editable: view.editable, note: "", changed: null };
  if (!d) docs.set(keyOf(view), fresh);
  else if (!isDirty(d)) Object.assign(d, { ...fresh, note: d.version === view.version ? d.note : "" });
  else if (d.version === view.version) Object.assign(d, { files: view.files, errors: view.errors, editable: view.editable, changed: null });
  else Object.assign(d, { files: view.files, errors: [], editable: view.editable, changed: fresh });
  touch();
  return docs.get(keyOf(view));
}

let reading = 0, lastRead = -Infinity;
// readSoon reads the shown file again, at most twice a second.
function readSoon() {
  reading ||= setTimeout(() => {
    reading = 0;
    lastRead = performance.now();
    const d = docs.get(shown.value);
    if (d?.busy) readSoon();
    else if (d) read(placeOf(d));
  }, Math.max(0, lastRead + 500 - performance.now()));
}

// send sends the text of the field, to be saved or only checked.
async function send(d, check) {
  if (d.busy || !d.editable || d.changed && !check) return;
  const text = fileText(d.base, d.text);
  let stale = false;
  d.busy = true; d.note = say("working"); touch();
  try {
    const answer = await post("source", { script: d.script, file: d.file, text, version: d.version, check });
    d.checked = d.text;
    if (check) Object.assign(d, { checkErrors: answer.errors, note: answer.errors.length ? say("mistakes") : say("checkedFine") });
    else Object.assign(d, { base: text, version: answer.version, errors: answer.errors, checkErrors: null, changed: null, savedAt: ++count, note: answer.loaded ? say("saved") : say("savedOnly") });
  } catch (e) {
    d.note = check ? e.message : say("notSaved", { why: e.message });
    stale = !check && e.status === 409;
  }
  d.busy = false; store(); touch();
  if (stale) await read(placeOf(d)); // the file may have changed
}

// errorsOf returns the errors of a file with the lines at which they are now.
function errorsOf(d) {
  if (d.checkErrors && d.checked === d.text) return d.checkErrors;
  if (d.errors.length === 0) return d.errors;
  const same = kept(fieldText(d.base), d.text);
  return d.errors.map((e) => ({ ...e, line: e.file === d.file && e.line ? lineNow(e.line, same) : e.line }));
}

function Problems({ d, errors, go }) {
  const hidden = useMemo(() => safe(d.text, Infinity) === d.text ? []
    : d.text.split("\n").map((text, i) => [i + 1, text]).filter(([, text]) => safe(text, Infinity) !== text).slice(0, 5), [d.text]);
  if (errors.length === 0 && hidden.length === 0) return null;
  return html`<ul class="mistakes" id="mistakes" aria-label=${say("errorsOfSource")}>
    ${errors.map((e) => html`<li class="bad-line">${e.file && (e.line || e.file !== d.file) && html`<button type="button" class="place" onClick=${() => go(e)}>${e.file !== d.file ? safe(e.file, 200) + " " : ""}${e.line ? say("line", { n: e.line }) : ""}</button> `}
      ${safe(e.in ? e.in + ": " : "", 100)}${safe(e.text, 2000)}${e.hint && html`<span class="hint">${" "}${say("hint", { text: safe(e.hint, 500) })}</span>`}</li>`)}
    ${hidden.map(([n, text]) => html`<li><button type="button" class="place" onClick=${() => go({ file: d.file, line: n })}>${say("line", { n })}</button>${" "}${say("hiddenCharacters")}${safe(text.trim(), 120)}</li>`)}</ul>`;
}

function Editor({ d, errors, target }) {
  const field = useRef(null), [top, setTop] = useState(0);
  const count = useMemo(() => d.text.split("\n").length, [d.text]);
  const marked = new Set(errors.filter((e) => e.file === d.file && e.line).map((e) => e.line));
  const marks = [...marked].join(",");
  const numbers = useMemo(() => Array.from({ length: count }, (_, i) => (marked.has(i + 1) ? "✗ " : "") + (i + 1)).join("\n"), [count, marks]);
  useLayoutEffect(() => {
    const box = field.current;
    if (!target.line || target.key !== keyOf(d)) return;
    const lines = box.value.split("\n"), from = lines.slice(0, target.line - 1).join("\n").length + (target.line > 1 ? 1 : 0);
    box.focus({ preventScroll: true });
    box.setSelectionRange(from, from + (lines[target.line - 1] ?? "").length);
    box.scrollTop = Math.max(0, (target.line - 4) * parseFloat(getComputedStyle(box).lineHeight));
    box.scrollLeft = 0;
    box.closest(".editor").scrollIntoView({ block: "nearest" });
  }, [target.count, target.key]);
  const type = (e) => { d.text = e.currentTarget.value; if (d.note !== say("working")) d.note = ""; storeSoon(); touch(); };
  return html`<div class="editor"><div class="nums num" aria-hidden="true"><div style=${{ transform: `translateY(${-top}px)` }}>${numbers}</div></div>
    <div class="code"><div class="marks" aria-hidden="true" style=${{ transform: `translateY(${-top}px)` }}>${[...marked].map((n) => html`<i key=${n} style=${{ "--n": n - 1 }}></i>`)}</div>
    <textarea ref=${field} id="code" wrap="off" spellcheck=${false} autocapitalize="off" autocomplete="off" autocorrect="off" readOnly=${!d.editable} aria-label=${say("sourceOf", { file: safe(d.file, 200) })}
      aria-invalid=${marked.size > 0 ? "true" : undefined} aria-describedby=${errors.length > 0 ? "mistakes" : undefined} value=${d.text} onInput=${type} onScroll=${(e) => setTop(e.currentTarget.scrollTop)}></textarea></div></div>`;
}

function Changed({ d }) {
  const take = (text) => { Object.assign(d, { ...d.changed, text: text ?? d.changed.text, note: text === undefined ? "" : say("keptMine") }); store(); touch(); };
  return html`<div class="changed" role="alert"><p>${say("changedOnDisk", { file: safe(d.file, 200) })}</p><div class="acts">
    <button type="button" class="btn" onClick=${() => take(d.text)}>${say("keepMine")}</button><button type="button" class="btn" onClick=${() => confirm(say("discardMine")) && take()}>${say("showDisk")}</button></div></div>`;
}

// scriptsOf returns the scripts that can be chosen: those of the program and those that have unsaved texts. Before a
// file was read, only the snapshot names them.
const scriptsOf = (scripts) => [...new Set([...(names.length > 0 ? names : scripts.map((x) => x.name)), ...unsaved().map((d) => d.script)])];

export function Source() {
  s.changed.value; rev.value;
  const scripts = s.snap.value?.scripts ?? [], replay = s.snap.value?.replay, place = wanted.value;
  const [target, setTarget] = useState({ line: 0, key: "", count: 0 });
  const d = docs.get(shown.value);
  const list = scriptsOf(scripts);
  const [tried, setTried] = useState(""); // the script that was chosen last
  const show = async (query, line = 0) => {
    if (query.script) setTried(query.script);
    const found = await read(query) ?? unsaved().find((d) => d.script === query.script && (!query.file || d.file === query.file));
    if (!found) return;
    shown.value = keyOf(found);
    setTarget((t) => ({ line, key: keyOf(found), count: t.count + 1 }));
  };
  const handled = useRef(0);
  useEffect(() => {
    if (replay || list.length === 0) return;
    if (place && place.count !== handled.current) { handled.current = place.count; wanted.value = { ...place, done: true }; if (!place.done) { show({ at: place.at }, place.line); return; } }
    if (!docs.has(shown.value)) show({ script: list[0] });
  }, [place, list.length, replay]);
  // the file is read again after a load, and after an error, which may be in it
  const last = s.events.findLast(({ e }) => /^(loaded|reloaded|reload_failed|error)$/.test(e.type) || e.is_error || e.level === "error")?.seq ?? 0;
  useEffect(() => { if (d) readSoon(); }, [last, s.link.value === "live"]);
  if (replay) return html`<p class="empty">${say("sourceOfReplay")}</p>`;
  if (list.length === 0) return html`<p class="empty">${say("noScripts")}</p>`;
  const choice = list.length > 1 && html`<select class="pick" aria-label=${say("script")} value=${d?.script ?? tried} onChange=${(e) => show({ script: e.currentTarget.value })}>${list.map((n) => html`<option>${n}</option>`)}</select>`;
  const trouble = problem.value && html`<p class="empty bad" role="alert">${safe(problem.value)}</p>`;
  if (!d) return trouble && html`<div class="source"><div class="acts">${choice}</div>${trouble}</div>`;
  const errors = errorsOf(d), files = [...new Set([...d.files, ...unsaved().filter((x) => x.script === d.script).map((x) => x.file)])];
  const go = (e) => e.file === d.file ? setTarget((t) => ({ line: e.line, key: keyOf(d), count: t.count + 1 })) : show({ script: d.script, file: e.file }, e.line);
  const onKeyDown = (e) => { if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "s") { e.preventDefault(); send(d, false); } };
  return html`<div class="source" onKeyDown=${onKeyDown}>
    <div class="acts">
      ${choice}
      <select class="pick" aria-label=${say("file")} value=${d.file} onChange=${(e) => show({ script: d.script, file: e.currentTarget.value })}>${files.map((n) => html`<option>${n}</option>`)}</select>
      ${d.editable && html`<button type="button" class="btn" disabled=${!!d.busy} onClick=${() => send(d, true)}>${say("check")}</button>
        <button type="button" class="btn solid" disabled=${!!d.busy || !!d.changed || !isDirty(d)} onClick=${() => send(d, false)}>${say("save")} <kbd>Ctrl S</kbd></button>`}</div>
    ${d.changed && html`<${Changed} d=${d} />`}
    ${trouble}
    <p class="said" role="status">${safe(d.note || (isDirty(d) ? say("unsaved") : d.editable ? "" : say("readOnly")), 1000)}</p>
    <${Problems} d=${d} errors=${errors} go=${go} />
    <${Editor} key=${shown.value} d=${d} errors=${errors} target=${target} rev=${rev.value} /></div>`;
}
