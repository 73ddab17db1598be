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
const keyOf = (d) => d.script + "\n" + d.file;
const placeOf = (d) => ({ script: d.script, file: d.file });
const isDirty = (d) => d.text !== fieldText(d.base);
const touch = () => { rev.value++; };

// Texts that have not been saved survive a reload of the page in the same tab of the browser.
try {
  for (const d of JSON.parse(sessionStorage.getItem(DRAFTS) ?? "[]")) docs.set(keyOf(d), { ...d, files: [d.file], errors: [], note: "", editable: true });
} catch { /* there are no drafts then */ }
let storing = 0;
function store() {
  storing = 0;
  const dirty = [...docs.values()].filter(isDirty).map(({ script, file, base, version, text }) => ({ script, file, base, version, text }));
  try { sessionStorage.setItem(DRAFTS, JSON.stringify(dirty)); } catch { /* the texts stay in the page only */ }
}
const storeSoon = () => { storing ||= setTimeout(store, 300); };
addEventListener("pagehide", store);
addEventListener("beforeunload", (e) => { if ([...docs.values()].some(isDirty)) { store(); e.preventDefault(); } });

// read asks for a file: { script, file } or { at }. A text that has not been saved is kept.
async function read(query) {
  const params = new URLSearchParams(Object.entries(query).filter(([, v]) => v));
  let view;
  try { view = await get("source?" + params); } catch (e) { problem.value = e.message; return null; }
  problem.value = "";
  const d = docs.get(keyOf(view));
  const fresh = { script: view.script, file: view.file, files: view.files, base: view.text, version: view.version, text: fieldText(view.text), errors: view.errors, editable: view.editable, note: "", changed: null };
  if (!d) docs.set(keyOf(view), fresh);
  else if (!isDirty(d)) Object.assign(d, { ...fresh, note: d.version === view.version ? d.note : "" });
  else if (d.version === view.version) Object.assign(d, { files: view.files, errors: view.errors, editable: view.editable, changed: null });
  else Object.assign(d, { files: view.files, errors: [], editable: view.editable, changed: fresh });
  touch();
  return docs.get(keyOf(view));
}

// send sends the text of the field, to be saved or only checked.
async function send(d, check) {
  if (d.busy || !d.editable || d.changed && !check) return;
  const text = fileText(d.base, d.text);
  d.busy = true; d.note = say("working"); touch();
  try {
    const answer = await post("source", { script: d.script, file: d.file, text, version: d.version, check });
    d.checked = d.text;
    if (check) Object.assign(d, { checkErrors: answer.errors, note: answer.errors.length ? say("mistakes") : say("checkedFine") });
    else Object.assign(d, { base: text, version: answer.version, errors: answer.errors, checkErrors: null, note: answer.loaded ? say("saved") : say("savedOnly") });
  } catch (e) {
    d.note = check ? e.message : say("notSaved", { why: e.message });
    if (!check && e.status === 409) await read(placeOf(d)); // the file may have changed
  }
  d.busy = false; store(); touch();
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
    ${errors.map((e) => html`<li class="bad-line"><button type="button" class="place" disabled=${!e.line && e.file === d.file || !e.file} onClick=${() => go(e)}>${e.file && e.file !== d.file ? safe(e.file, 200) + " " : ""}${e.line ? say("line", { n: e.line }) : ""}</button>
      ${" "}${safe(e.in ? e.in + ": " : "", 100)}${safe(e.text, 2000)}${e.hint && html`<span class="hint">${" "}${say("hint", { text: safe(e.hint, 500) })}</span>`}</li>`)}
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
    <button type="button" class="btn" onClick=${() => take(d.text)}>${say("keepMine")}</button><button type="button" class="btn" onClick=${() => take()}>${say("showDisk")}</button></div></div>`;
}

export function Source() {
  s.changed.value; rev.value;
  const scripts = s.snap.value?.scripts ?? [], replay = s.snap.value?.replay, place = wanted.value;
  const [target, setTarget] = useState({ line: 0, key: "", count: 0 });
  const d = docs.get(shown.value);
  const show = async (query, line = 0) => {
    const found = await read(query);
    if (!found) return;
    shown.value = keyOf(found);
    setTarget((t) => ({ line, key: keyOf(found), count: t.count + 1 }));
  };
  const handled = useRef(0);
  useEffect(() => {
    if (replay || scripts.length === 0) return;
    if (place && place.count !== handled.current) { handled.current = place.count; wanted.value = { ...place, done: true }; if (!place.done) { show({ at: place.at }, place.line); return; } }
    if (!docs.has(shown.value)) show({ script: scripts[0].name });
  }, [place, scripts.length, replay]);
  // the file is read again after a load, and after an error, which may be in it
  const last = s.events.findLast(({ e }) => /^(loaded|reloaded|reload_failed|error)$/.test(e.type) || e.is_error || e.level === "error")?.seq ?? 0;
  useEffect(() => { if (d && !d.busy) read(placeOf(d)); }, [last, s.link.value === "live"]);
  if (replay) return html`<p class="empty">${say("sourceOfReplay")}</p>`;
  if (scripts.length === 0) return html`<p class="empty">${say("noScripts")}</p>`;
  if (!d) return problem.value && html`<p class="empty bad" role="alert">${safe(problem.value)}</p>`;
  const errors = errorsOf(d), names = scripts.map((x) => x.name);
  const go = (e) => e.file === d.file ? setTarget((t) => ({ line: e.line, key: keyOf(d), count: t.count + 1 })) : show({ script: d.script, file: e.file }, e.line);
  const onKeyDown = (e) => { if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "s") { e.preventDefault(); send(d, false); } };
  return html`<div class="source" onKeyDown=${onKeyDown}>
    <div class="acts">
      ${names.length > 1 && html`<select class="pick" aria-label=${say("script")} value=${d.script} onChange=${(e) => show({ script: e.currentTarget.value })}>${names.map((n) => html`<option>${n}</option>`)}</select>`}
      <select class="pick" aria-label=${say("file")} value=${d.file} onChange=${(e) => show({ script: d.script, file: e.currentTarget.value })}>${d.files.map((n) => html`<option>${n}</option>`)}</select>
      ${d.editable && html`<button type="button" class="btn" disabled=${!!d.busy} onClick=${() => send(d, true)}>${say("check")}</button>
        <button type="button" class="btn solid" disabled=${!!d.busy || !!d.changed || !isDirty(d)} onClick=${() => send(d, false)}>${say("save")} <kbd>Ctrl S</kbd></button>`}</div>
    ${d.changed && html`<${Changed} d=${d} />`}
    ${problem.value && html`<p class="empty bad" role="alert">${safe(problem.value)}</p>`}
    <p class="said" role="status">${safe(d.note || (isDirty(d) ? say("unsaved") : d.editable ? "" : say("readOnly")), 1000)}</p>
    <${Problems} d=${d} errors=${errors} go=${go} />
    <${Editor} key=${shown.value} d=${d} errors=${errors} target=${target} rev=${rev.value} /></div>`;
}
