// The left column: scripts, tools and sound.
import { html, useState } from "../web/html.js";
import { post } from "../web/stream.js";
import * as s from "./state.js";
import { safe, short, clock } from "./text.js";
import { showTool } from "./right.js";

function Script({ script }) {
  const tools = s.count(script.tools, "tool");
  const loaded = script.loaded ? clock(Date.parse(script.loaded)) : "";
  if (script.failed) {
    const { text, at } = script.failed;
    return html`<li class="row failed"><svg class="tri" viewBox="0 0 11 10" role="img" aria-label="failed"><path d="M5.5 0 11 10H0Z" /></svg>
      <span class="name">${safe(script.name, 80)}</span><span class="meta num">${tools}</span>
      <span class="err">${at && text.startsWith(at) ? html`<b title=${safe(at, 300)}>${safe(short(at), 300)}</b>${safe(text.slice(at.length), 1000)}` : safe(text, 1000)}</span>
      <span class="sub">not reloaded; the copy of ${loaded} continues to run</span></li>`;
  }
  const sub = !script.alive ? "does not respond" : script.rests ? "waits: " + script.rests
    : script.generation > 1 ? `reloaded at ${loaded}, ${script.generation - 1}×` : loaded && `loaded at ${loaded}`;
  return html`<li class=${"row" + (script.alive && !script.rests ? "" : " failed")}><span class="dot" role="img" aria-label=${script.alive ? "runs" : "does not respond"}></span>
    <span class="name">${safe(script.name, 80)}</span><span class="meta num">${tools}</span><span class="sub">${safe(sub, 300)}</span></li>`;
}

function Scripts() {
  const list = s.snap.value?.scripts ?? [];
  const [problem, setProblem] = useState("");
  const reload = () => post("reload").then(() => setProblem(""), (e) => setProblem(e.message)).then(s.refresh);
  return html`<section class="sec"><header><h2>Scripts</h2>${!s.snap.value?.replay && html`<button class="link" onClick=${reload}>reload</button>`}</header>
    ${list.length === 0 && html`<p class="empty">${s.snap.value?.replay ? "This is a recording." : "No script has been loaded yet."}</p>`}
    <ul>${list.map((script) => html`<${Script} key=${script.name} script=${script} />`)}</ul>
    ${problem && html`<p class="empty bad" role="alert">${safe(problem)}</p>`}</section>`;
}

function Tool({ tool, extra, running, isSelected }) {
  const calls = tool.calls + (extra?.calls ?? 0), errors = tool.errors + (extra?.errors ?? 0);
  const time = running ? "running" : calls === 0 ? "–" : s.ms(tool.calls ? tool.median : extra.last);
  return html`<li><button class=${"row" + (isSelected ? " on" : "")} onClick=${() => showTool(tool.name)} title=${safe(tool.description, 300)}>
    <span class="name">${safe(tool.name, 64)}</span><span class=${"ms num" + (running ? " running" : "")}>${time}</span>
    <span class="n num">${errors > 0 && html`<b class="bad">${errors}✗</b> `}${calls}<span class="sr"> ${calls === 1 ? "call" : "calls"}</span></span></button></li>`;
}

function Tools({ shown }) {
  s.changed.value;
  const [filter, setFilter] = useState("");
  const all = s.snap.value?.tools ?? [];
  const running = new Set();
  for (const turn of s.turns) for (const l of turn.lines) if (l.kind === "call" && !l.end) running.add(l.tool);
  const list = all.filter((t) => t.name.toLowerCase().includes(filter.toLowerCase())).slice(0, 300);
  return html`<section class="sec tools"><header><h2>Tools</h2><span>median · calls</span></header>
    ${all.length === 0 ? html`<p class="empty">${s.snap.value?.replay ? "A recording has no scripts." : html`No script has a tool yet: <code>register_tool</code> makes one.`}</p>`
      : html`<input class="filter" id="filter" placeholder="Filter  /" aria-label="Filter tools" value=${filter} onInput=${(e) => setFilter(e.currentTarget.value)} />
        <ul>${list.map((t) => html`<${Tool} key=${t.name} tool=${t} extra=${s.tools.get(t.name)} running=${running.has(t.name)} isSelected=${shown === t.name} />`)}</ul>
        ${list.length === 0 && html`<p class="empty">No tool has this name.</p>`}`}</section>`;
}

// Meter shows a level in dBFS with 40 cells, from -72 to 0.
function Meter({ db, who, label }) {
  const n = Math.max(0, Math.min(40, Math.round((db + 72) / 72 * 40)));
  return html`<div class=${"meter " + who} role="img" aria-label=${label}>${Array.from({ length: 40 }, (_, i) => html`<i class=${i < n ? "v" : ""}></i>`)}</div>`;
}

function Device({ name, device, db, who, words }) {
  return html`<div class="dev"><div class="lab"><b>${name}</b><span class="num">${words}</span></div>
    ${device.ok ? db !== undefined && html`<${Meter} db=${db} who=${who} label=${name + " level"} />` : html`<p class="empty bad">${safe(device.error, 300)}</p>`}</div>`;
}

function Sound() {
  const { speaker, microphone, sound } = s.snap.value ?? {};
  const level = s.level.value;
  if (!speaker && !microphone) return html`<section class="sec"><header><h2>Sound</h2><span>off</span></header><p class="empty">${s.snap.value?.replay ? "A recording has no sound." : "This conversation is by text."}</p></section>`;
  return html`<section class="sec sound-facts"><header><h2>Sound</h2><span>${safe(speaker?.name ?? microphone?.name, 40)}</span></header>
    ${microphone && html`<${Device} name="Microphone" device=${microphone} who="you" db=${level ? level.mic : -96}
      words=${!s.listening.value ? "not listening" : level ? `${Math.round(level.mic)} dB${level.voice ? " · voice" : ""}` : ""} />`}
    ${speaker && html`<${Device} name="Speaker" device=${speaker} who="agent" words=${s.phase.value.name === "speaking" ? "speaking" : "quiet"} />`}
    ${sound && html`<dl class="facts"><dt>Gaps, late</dt><dd class="num">${sound.gaps}, ${sound.late}</dd><dt>Underruns, overruns</dt><dd class="num">${sound.underruns}, ${sound.overruns}</dd></dl>`}</section>`;
}

// Screen leads to what the browser of a kiosk can do.
function Screen() {
  if (!s.snap.value?.screen) return null;
  return html`<section class="sec"><header><h2>Screen</h2><a class="link" href="screen/diagnostics" target="_blank">diagnostics</a></header></section>`;
}

export function Left({ shown }) {
  return html`<nav class="left" aria-label="Scripts, tools and devices"><${Scripts} /><${Tools} shown=${shown} /><${Sound} /><${Screen} /></nav>`;
}
