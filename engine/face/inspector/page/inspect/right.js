// The right column: the details of one call, with a form to call the tool, the state of the scripts, events, the log,
// and tables of events that are described by the server.
import { html, signal, useState, useEffect } from "../web/html.js";
import { get, post } from "./requests.js";
import * as s from "./state.js";
import { safe, short, parsed, Tree, lua, curl, copy, clock, stamp } from "./text.js";
import { say, sayWith } from "./texts.js";
import { Form, useForm } from "./form.js";

export const tab = signal(location.hash.slice(1) || "call");
export const shownTool = signal("");
const tried = signal(null);       // { tool, args, answer, error, seconds } of the last call of this page
const FIXED = ["call", "state", "events", "log"];

export function showTab(id) {
  tab.value = id;
  history.replaceState(null, "", "#" + id);
  document.body.dataset.view = "right";
}
export function showCall(line) { s.selected.value = line; shownTool.value = line.tool; showTab("call"); }
export function showTool(name) { shownTool.value = name; if (s.selected.value?.tool !== name) s.selected.value = null; showTab("call"); }

// run calls a tool. It is not a call of the agent, and is not counted as one.
async function run(tool, args) {
  tried.value = { tool, args, running: true };
  try {
    tried.value = { tool, args, answer: await post("call", { tool, args }) };
  } catch (e) { tried.value = { tool, args, error: e.message }; }
}

// again repeats the call that is shown.
export function again() {
  const line = s.selected.value;
  if (line) run(line.tool, line.args);
  else if (tried.value && !tried.value.running) run(tried.value.tool, tried.value.args);
}

function Result({ text, isError }) {
  const value = parsed(text);
  return html`<pre class=${isError ? "err" : ""}>${value === undefined ? safe(text, 20_000) : html`<${Tree} value=${value} />`}</pre>`;
}

function Copy({ label, text }) {
  const [done, setDone] = useState("");
  return html`<button class="btn" onClick=${async () => { setDone((await copy(text())) ? say("copied") : say("copyFailed")); setTimeout(() => setDone(""), 1500); }}>${done || label}</button>`;
}

function Times({ line }) {
  const total = line.seconds || 0;
  if (!line.end || !total) return null;
  const cpu = Math.min(line.cpu || 0, total);
  const row = (name, from, to, color) => html`<span>${name}</span><span class="bar"><i style=${{ left: from / total * 100 + "%", width: Math.max(1, (to - from) / total * 100) + "%", background: color }}></i></span><span class="num">${s.ms(to - from)}</span>`;
  return html`<div class="block"><h2>${say("time")}</h2><div class="tim">${row("Lua", 0, cpu, line.isError ? "var(--bad-fill)" : "var(--tool-fill)")}${row(say("waiting"), cpu, total, "var(--wait)")}</div></div>`;
}

function CallDetails({ line, spec }) {
  const args = line.args ?? {};
  return html`<div class="title"><code>${safe(line.tool, 64)}</code><span class=${"st" + (line.isError || line.lost ? "" : " fine")}>${say(!line.end ? "running" : line.isError ? "failed" : line.lost ? "noResult" : "returned")}</span></div>
    <p class="under num">${stamp(line.at, s.startOfConversation())}${line.turn.no ? say("inTurn", { no: line.turn.no }) : ""} · ${html`<span title=${safe(spec?.at ?? "", 300)}>${safe(short(spec?.at ?? line.script), 300)}</span>`} · ${safe(line.call, 40)}</p>
    <div class="block"><h2>${say("args")}</h2><pre>${Object.keys(args).length ? html`<${Tree} value=${args} />` : html`<span class="k">${say("none")}</span>`}</pre></div>
    ${line.end && !line.lost && html`<div class="block"><h2>${say("agentGot")}</h2><${Result} text=${line.result} isError=${line.isError} /></div>`}
    <${Times} line=${line} rev=${line.rev} />
    <div class="acts">${!s.snap.value?.replay && html`<button class="btn" onClick=${again}>${say("runAgain")} <kbd>R</kbd></button>`}
      <${Copy} label=${say("copyLua")} text=${() => `tools.${line.tool}(${lua(args)})`} /><${Copy} label=${say("copyCurl")} text=${() => curl(line.tool, args)} /></div>`;
}

function TryIt({ spec }) {
  const form = useForm(spec);
  const [problem, setProblem] = useState("");
  const line = s.selected.value;
  const t = tried.value?.tool === spec.name ? tried.value : null;
  function submit(e) {
    e?.preventDefault();
    try { const value = form.value(); setProblem(""); run(spec.name, value); } catch (error) { setProblem(error.message); }
  }
  return html`<form class="form" aria-label=${say("tryTool", { tool: spec.name })} onSubmit=${submit} onKeyDown=${(e) => { if (e.key === "Enter" && (e.metaKey || e.ctrlKey)) submit(e); }}>
    <h2>${say("tryIt")}${line?.tool === spec.name && html` <button type="button" class="link" onClick=${() => form.fill(line.args)}>${say("withArgs")}</button>`}</h2>
    ${spec.description && html`<p class="about">${safe(spec.description, 600)}</p>`}
    <${Form} tool=${spec} texts=${form.texts} set=${form.set} />
    <div class="out"><button class="btn solid" disabled=${!!t?.running}>${say("run")} <kbd>Ctrl ↵</kbd></button>
      <span role="status" class=${"ok num" + (t?.error || t?.answer?.is_error || problem ? " bad" : "")}>${problem || (!t ? "" : t.running ? say("running") : t.error ? t.error : `${say(t.answer.is_error ? "failed" : "ok")} · ${s.ms(t.answer.seconds)}`)}</span></div>
    ${t?.answer && html`<div class="tried"><${Result} text=${t.answer.result} isError=${t.answer.is_error} /></div>`}</form>`;
}

function Call() {
  s.changed.value;
  const line = s.selected.value, name = shownTool.value;
  const all = s.snap.value?.tools ?? [];
  const spec = all.find((t) => t.name === name);
  if (!line && !spec) return html`<p class="empty">${say("chooseTool")}</p>`;
  return html`${line ? html`<${CallDetails} line=${line} rev=${line.rev} spec=${spec} />` : html`<div class="title"><code>${safe(name, 64)}</code></div><p class="under num">${html`<span title=${safe(spec.at, 300)}>${safe(short(spec.at), 300)}</span>`} · ${say("calls_n", { n: spec.calls })} · ${say("timeout", { s: spec.timeout })}</p>`}
    ${!spec ? html`<p class="empty">${say("noSuchTool")}</p>` : !s.snap.value?.replay && html`<${TryIt} key=${spec.name} spec=${spec} />`}`;
}

function State() {
  const scripts = s.snap.value?.scripts ?? [];
  const [name, setName] = useState(""), [view, setView] = useState(null), [problem, setProblem] = useState(""), [turn, setTurn] = useState(0);
  const chosen = scripts.some((x) => x.name === name) ? name : scripts[0]?.name ?? "";
  useEffect(() => {
    let current = true;
    if (!chosen || s.snap.value?.replay) return;
    const show = (view, problem) => { if (current) { setView(view); setProblem(problem); } };
    get("state?script=" + encodeURIComponent(chosen)).then((body) => show(body, ""), (e) => show(null, e.message));
    return () => { current = false; };
  }, [chosen, turn]);
  if (s.snap.value?.replay) return html`<p class="empty">${say("stateOfReplay")}</p>`;
  if (!chosen) return html`<p class="empty">${say("noScripts")}</p>`;
  return html`<div class="acts"><select class="pick" aria-label=${say("script")} value=${chosen} onChange=${(e) => setName(e.currentTarget.value)}>${scripts.map((x) => html`<option>${x.name}</option>`)}</select>
      <button class="btn" onClick=${() => setTurn(turn + 1)}>${say("readAgain")}</button></div>
    ${problem && html`<p class="empty bad" role="alert">${safe(problem)}</p>`}
    ${view && (Object.keys(view.state).length ? html`<pre><${Tree} value=${view.state} /></pre>` : html`<p class="empty">${sayWith("stateEmpty", { state: html`<code>state</code>` })}</p>`)}
    ${view?.too_large?.length > 0 && html`<p class="empty">${say("tooLarge", { names: safe(view.too_large.join(", "), 500) })}</p>`}`;
}

function Events() {
  s.changed.value;
  const [filter, setFilter] = useState(""), [open, setOpen] = useState(0);
  const words = filter.toLowerCase();
  const list = s.events.filter((x) => words ? x.e.type.includes(words) || JSON.stringify(x.e).toLowerCase().includes(words) : x.e.type !== "agent_part").slice(-200).reverse();
  return html`<input class="filter" placeholder=${say("filterHint")} aria-label=${say("filterEvents")} value=${filter} onInput=${(e) => setFilter(e.currentTarget.value)} />
    ${list.length === 0 && html`<p class="empty">${say("noEvent")}</p>`}
    <ul class="events">${list.map(({ seq, e }) => html`<li key=${seq}><button aria-expanded=${open === seq} onClick=${() => setOpen(open === seq ? 0 : seq)}><time class="num">${clock(Date.parse(e.time))}</time><b>${e.type}</b>
      <span>${safe(e.text ?? e.tool ?? e.phase ?? e.status ?? e.script ?? "", 120)}</span></button>
      ${open === seq && html`<pre><${Tree} value=${e} /></pre><${Copy} label=${say("copyJSON")} text=${() => JSON.stringify(e)} />`}</li>`)}</ul>`;
}

const LEVELS = { debug: "i", info: "i", print: "i", warn: "w", error: "e" };
function LogLines({ lines }) {
  return lines.map((l) => html`<div key=${l.seq}><time>${clock(l.at)}</time><span class=${LEVELS[l.level] ?? "i"}>${l.level}</span><span>${safe(short(l.text))}</span></div>`);
}

function Log() {
  s.changed.value;
  return s.logLines.length === 0 ? html`<p class="empty">${say("noLog")}</p>` : html`<div class="log whole" role="log" aria-label=${say("tab_log")}>${html`<${LogLines} lines=${s.logLines.slice(-300)} />`}</div>`;
}

// Table shows the events of a tab that the server has described.
function Table({ table }) {
  s.changed.value;
  const list = (s.rows.get(table.id) ?? []).slice(-200).reverse();
  if (list.length === 0) return html`<p class="empty">${say("about_" + table.id)}</p>`;
  const get = (e, path) => path.split(".").reduce((v, k) => v?.[k], e);
  const used = table.columns.filter((c) => list.some(({ e }) => get(e, c.field) !== undefined));
  const show = (v, unit) => v === undefined ? "" : unit === "s" ? s.ms(v) : safe(typeof v === "object" ? JSON.stringify(v) : v, 200);
  const sums = used.some((c) => c.unit === "sum");
  return html`<div class="wide"><table><thead><tr><th>${say("column_time")}</th>${used.map((c) => html`<th class=${c.unit ? "r" : ""}>${say("column_" + c.name)}</th>`)}</tr></thead>
    <tbody>${list.map(({ seq, e }) => html`<tr key=${seq}><td class="num">${clock(Date.parse(e.time))}</td>${used.map((c) => html`<td class=${c.unit ? "r num" : ""}>${show(get(e, c.field), c.unit)}</td>`)}</tr>`)}</tbody>
    ${sums && html`<tfoot><tr><th>${say("sum")}</th>${used.map((c) => html`<td class="r num">${c.unit === "sum" ? list.reduce((n, { e }) => n + (get(e, c.field) ?? 0), 0) : ""}</td>`)}</tr></tfoot>`}</table></div>`;
}

// Pins shows the simulated pins. Buttons press and release the inputs.
function Pins() {
  const [lines, setLines] = useState(null), [problem, setProblem] = useState("");
  const read = () => get("gpio").then((body) => { setLines(body.lines); setProblem(""); }, (e) => setProblem(e.message));
  useEffect(() => { read(); const t = setInterval(() => { if (!document.hidden) read(); }, 1000); return () => clearInterval(t); }, []);
  const set = (line, value) => post("gpio", { line: line.line, value }).then(read, (e) => setProblem(e.message));
  const used = (lines ?? []).filter((l) => l.direction);
  return html`${problem && html`<p class="empty" role="alert">${safe(problem)}</p>`}${lines && !problem && used.length === 0 && html`<p class="empty">${say("noPins")}</p>`}
    <ul class="pins">${used.map((l) => html`<li key=${l.line}><span class="num">${l.line}</span><code>${safe(l.name, 40)}</code><span>${say(l.direction)}</span>
      ${l.direction === "input" ? html`<button class="btn" aria-pressed=${!!l.value} onClick=${() => set(l, !l.value)}>${say(l.value ? "release" : "press")}</button>` : html`<b class=${l.value ? "on" : ""}>${say(l.value ? "on" : "off")}</b>`}</li>`)}</ul>`;
}

export function Right() {
  s.changed.value;
  const tables = s.snap.value?.tabs ?? [];
  const all = [...FIXED, ...tables.map((t) => t.id), ...(s.snap.value?.pins ? ["pins"] : [])];
  const current = all.includes(tab.value) ? tab.value : "call";
  const errors = s.logLines.filter((l) => l.level === "error").length;
  function onKey(e) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step && e.key !== "Home" && e.key !== "End") return;
    e.preventDefault();
    const i = all.indexOf(current);
    const next = e.key === "Home" ? 0 : e.key === "End" ? all.length - 1 : (i + step + all.length) % all.length;
    showTab(all[next]);
    e.currentTarget.querySelectorAll("[role=tab]")[next].focus();
  }
  const table = tables.find((t) => t.id === current);
  const pane = { call: Call, state: State, events: Events, log: Log, pins: Pins }[current];
  return html`<aside class="right" aria-label=${say("details")}>
    <div class="tabs" role="tablist" aria-label=${say("details")} onKeyDown=${onKey}>${all.map((id) => html`<button key=${id} role="tab" id=${"tab-" + id} aria-controls="pane" aria-selected=${id === current} tabindex=${id === current ? 0 : -1} onClick=${() => showTab(id)}>${say("tab_" + id)}${id === "log" && errors > 0 && html` <span class="badge num">${errors}<span class="sr">${say("errors")}</span></span>`}</button>`)}</div>
    <div class="pane" id="pane" role="tabpanel" aria-labelledby=${"tab-" + current} tabindex="0" key=${current}>${pane ? html`<${pane} />` : html`<${Table} table=${table} />`}</div>
    ${current !== "log" && s.logLines.length > 0 && html`<div class="log" role="region" aria-label=${say("lastLog")}><${LogLines} lines=${s.logLines.slice(-7)} /></div>`}</aside>`;
}
