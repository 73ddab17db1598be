// The right column: the details of one call, with a form to call the tool, the state of the scripts, events, the log,
// and the tables of tables.js.
import { html, signal, useState, useEffect } from "../web/html.js";
import { post } from "../web/stream.js";
import * as s from "./state.js";
import { safe, short, parsed, Tree, lua, curl, copy, clock, stamp } from "./text.js";
import { Form, useForm } from "./form.js";
import { Table, shownTables } from "./tables.js";

export const tab = signal(location.hash.slice(1) || "call");
export const shownTool = signal("");
const tried = signal(null);       // { tool, args, answer, error, seconds } of the last call of this page
const FIXED = [["call", "Call"], ["state", "State"], ["events", "Events"], ["log", "Log"]];

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
  return html`<button class="btn" onClick=${async () => { setDone((await copy(text())) ? "Copied" : "Copying failed"); setTimeout(() => setDone(""), 1500); }}>${done || label}</button>`;
}

function Times({ line }) {
  const total = line.seconds || 0;
  if (!line.end || !total) return null;
  const cpu = Math.min(line.cpu || 0, total);
  const row = (name, from, to, color) => html`<span>${name}</span><span class="bar"><i style=${{ left: from / total * 100 + "%", width: Math.max(1, (to - from) / total * 100) + "%", background: color }}></i></span><span class="num">${s.ms(to - from)}</span>`;
  return html`<div class="block"><h2>Time</h2><div class="tim">${row("Lua", 0, cpu, line.isError ? "var(--bad-fill)" : "var(--tool-fill)")}${row("waiting", cpu, total, "var(--wait)")}</div></div>`;
}

function CallDetails({ line, spec }) {
  const args = line.args ?? {};
  return html`<div class="title"><code>${safe(line.tool, 64)}</code><span class=${"st" + (line.isError || line.lost ? "" : " fine")}>${!line.end ? "running" : line.isError ? "failed" : line.lost ? "no result" : "returned"}</span></div>
    <p class="under num">${stamp(line.at, s.startOfConversation())}${line.turn.no ? " in turn " + line.turn.no : ""} · ${html`<span title=${safe(spec?.at ?? "", 300)}>${safe(short(spec?.at ?? line.script), 300)}</span>`} · ${safe(line.call, 40)}</p>
    <div class="block"><h2>Arguments</h2><pre>${Object.keys(args).length ? html`<${Tree} value=${args} />` : html`<span class="k">none</span>`}</pre></div>
    ${line.end && !line.lost && html`<div class="block"><h2>What the agent got</h2><${Result} text=${line.result} isError=${line.isError} /></div>`}
    <${Times} line=${line} rev=${line.rev} />
    <div class="acts">${!s.snap.value?.replay && html`<button class="btn" onClick=${again}>Run again <kbd>R</kbd></button>`}
      <${Copy} label="Copy as Lua" text=${() => `tools.${line.tool}(${lua(args)})`} /><${Copy} label="Copy as curl" text=${() => curl(line.tool, args)} /></div>`;
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
  return html`<form class="form" aria-label=${"Try " + spec.name} onSubmit=${submit} onKeyDown=${(e) => { if (e.key === "Enter" && (e.metaKey || e.ctrlKey)) submit(e); }}>
    <h2>Try it${line?.tool === spec.name && html` <button type="button" class="link" onClick=${() => form.fill(line.args)}>with the arguments above</button>`}</h2>
    ${spec.description && html`<p class="about">${safe(spec.description, 600)}</p>`}
    <${Form} tool=${spec} texts=${form.texts} set=${form.set} />
    <div class="out"><button class="btn solid" disabled=${!!t?.running}>Run <kbd>Ctrl ↵</kbd></button>
      <span role="status" class=${"ok num" + (t?.error || t?.answer?.is_error || problem ? " bad" : "")}>${problem || (!t ? "" : t.running ? "running" : t.error ? t.error : `${t.answer.is_error ? "failed" : "ok"} · ${s.ms(t.answer.seconds)}`)}</span></div>
    ${t?.answer && html`<div class="tried"><${Result} text=${t.answer.result} isError=${t.answer.is_error} /></div>`}</form>`;
}

function Call() {
  s.changed.value;
  const line = s.selected.value, name = shownTool.value;
  const all = s.snap.value?.tools ?? [];
  const spec = all.find((t) => t.name === name);
  if (!line && !spec) return html`<p class="empty">Choose a tool on the left to try it, or a call in the conversation to see all of it.</p>`;
  return html`${line ? html`<${CallDetails} line=${line} rev=${line.rev} spec=${spec} />` : html`<div class="title"><code>${safe(name, 64)}</code></div><p class="under num">${html`<span title=${safe(spec.at, 300)}>${safe(short(spec.at), 300)}</span>`} · ${s.count(spec.calls, "call")} · timeout ${spec.timeout} s</p>`}
    ${!spec ? html`<p class="empty">No script has this tool now.</p>` : !s.snap.value?.replay && html`<${TryIt} key=${spec.name} spec=${spec} />`}`;
}

function State() {
  const scripts = s.snap.value?.scripts ?? [];
  const [name, setName] = useState(""), [view, setView] = useState(null), [problem, setProblem] = useState(""), [turn, setTurn] = useState(0);
  const chosen = scripts.some((x) => x.name === name) ? name : scripts[0]?.name ?? "";
  useEffect(() => {
    let current = true;
    if (!chosen || s.snap.value?.replay) return;
    fetch(new URL("../state?script=" + encodeURIComponent(chosen), import.meta.url)).then(async (r) => [r.ok, await r.json()]).then(([ok, body]) => {
      if (!current) return;
      setView(ok ? body : null); setProblem(ok ? "" : body.error);
    }, () => current && setProblem("Moonlark cannot be reached"));
    return () => { current = false; };
  }, [chosen, turn]);
  if (s.snap.value?.replay) return html`<p class="empty">A recording has no state of scripts.</p>`;
  if (!chosen) return html`<p class="empty">No script has been loaded yet.</p>`;
  return html`<div class="acts"><select class="pick" aria-label="Script" value=${chosen} onChange=${(e) => setName(e.currentTarget.value)}>${scripts.map((x) => html`<option>${x.name}</option>`)}</select>
      <button class="btn" onClick=${() => setTurn(turn + 1)}>Read again</button></div>
    ${problem && html`<p class="empty bad" role="alert">${safe(problem)}</p>`}
    ${view && (Object.keys(view.state).length ? html`<pre><${Tree} value=${view.state} /></pre>` : html`<p class="empty">The table <code>state</code> is empty. What a script puts there survives a reload.</p>`)}
    ${view?.too_large?.length > 0 && html`<p class="empty">Too large to show: ${safe(view.too_large.join(", "), 500)}</p>`}`;
}

function Events() {
  s.changed.value;
  const [filter, setFilter] = useState(""), [open, setOpen] = useState(0);
  const words = filter.toLowerCase();
  const list = s.events.filter((x) => words ? x.e.type.includes(words) || JSON.stringify(x.e).toLowerCase().includes(words) : x.e.type !== "agent_part").slice(-200).reverse();
  return html`<input class="filter" placeholder="Filter (without one, agent_part is hidden)" aria-label="Filter events" value=${filter} onInput=${(e) => setFilter(e.currentTarget.value)} />
    ${list.length === 0 && html`<p class="empty">No event.</p>`}
    <ul class="events">${list.map(({ seq, e }) => html`<li key=${seq}><button aria-expanded=${open === seq} onClick=${() => setOpen(open === seq ? 0 : seq)}><time class="num">${clock(Date.parse(e.time))}</time><b>${e.type}</b>
      <span>${safe(e.text ?? e.tool ?? e.phase ?? e.status ?? e.script ?? "", 120)}</span></button>
      ${open === seq && html`<pre><${Tree} value=${e} /></pre><${Copy} label="Copy JSON" text=${() => JSON.stringify(e)} />`}</li>`)}</ul>`;
}

const LEVELS = { debug: "i", info: "i", print: "i", warn: "w", error: "e" };
function LogLines({ lines }) {
  return lines.map((l) => html`<div key=${l.seq}><time>${clock(l.at)}</time><span class=${LEVELS[l.level] ?? "i"}>${l.level}</span><span>${safe(short(l.text))}</span></div>`);
}

function Log() {
  s.changed.value;
  return s.logLines.length === 0 ? html`<p class="empty">Nothing has been logged.</p>` : html`<div class="log whole" role="log" aria-label="Log">${html`<${LogLines} lines=${s.logLines.slice(-300)} />`}</div>`;
}

// Pins shows the simulated pins. Buttons press and release the inputs.
function Pins() {
  const [lines, setLines] = useState(null), [problem, setProblem] = useState("");
  const read = () => fetch(new URL("../gpio", import.meta.url)).then(async (r) => [r.ok, await r.json()]).then(([ok, body]) => { setLines(ok ? body.lines : []); setProblem(ok ? "" : body.error); }, () => setProblem("Moonlark cannot be reached"));
  useEffect(() => { read(); const t = setInterval(() => { if (!document.hidden) read(); }, 1000); return () => clearInterval(t); }, []);
  const set = (line, value) => post("gpio", { line: line.line, value }).then(read, (e) => setProblem(e.message));
  const used = (lines ?? []).filter((l) => l.direction);
  return html`${problem && html`<p class="empty" role="alert">${safe(problem)}</p>`}${lines && !problem && used.length === 0 && html`<p class="empty">No script uses a pin.</p>`}
    <ul class="pins">${used.map((l) => html`<li key=${l.line}><span class="num">${l.line}</span><code>${safe(l.name, 40)}</code><span>${l.direction}</span>
      ${l.direction === "input" ? html`<button class="btn" aria-pressed=${!!l.value} onClick=${() => set(l, !l.value)}>${l.value ? "Release" : "Press"}</button>` : html`<b class=${l.value ? "on" : ""}>${l.value ? "on" : "off"}</b>`}</li>`)}</ul>`;
}

export function Right() {
  s.changed.value;
  const tables = shownTables();
  const all = [...FIXED, ...tables.map((t) => [t.id, t.title]), ...(s.snap.value?.pins ? [["pins", "Pins"]] : [])];
  const current = all.some(([id]) => id === tab.value) ? tab.value : "call";
  const errors = s.logLines.filter((l) => l.level === "error").length;
  function onKey(e) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step && e.key !== "Home" && e.key !== "End") return;
    e.preventDefault();
    const i = all.findIndex(([id]) => id === current);
    const next = e.key === "Home" ? 0 : e.key === "End" ? all.length - 1 : (i + step + all.length) % all.length;
    showTab(all[next][0]);
    e.currentTarget.querySelectorAll("[role=tab]")[next].focus();
  }
  const table = tables.find((t) => t.id === current);
  const pane = { call: Call, state: State, events: Events, log: Log, pins: Pins }[current];
  return html`<aside class="right" aria-label="Details">
    <div class="tabs" role="tablist" aria-label="Details" onKeyDown=${onKey}>${all.map(([id, title]) => html`<button key=${id} role="tab" id=${"tab-" + id} aria-controls="pane" aria-selected=${id === current} tabindex=${id === current ? 0 : -1} onClick=${() => showTab(id)}>${title}${id === "log" && errors > 0 && html` <span class="badge num">${errors}<span class="sr"> errors</span></span>`}</button>`)}</div>
    <div class="pane" id="pane" role="tabpanel" aria-labelledby=${"tab-" + current} tabindex="0" key=${current}>${pane ? html`<${pane} />` : html`<${Table} table=${table} />`}</div>
    ${current !== "log" && s.logLines.length > 0 && html`<div class="log" role="region" aria-label="Last lines of the log"><${LogLines} lines=${s.logLines.slice(-7)} /></div>`}</aside>`;
}
