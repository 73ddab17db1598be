// The left column: scripts, tools and sound.
import { html, useState } from "../web/html.js";
import { post } from "./requests.js";
import * as s from "./state.js";
import { safe, short, clock } from "./text.js";
import { say, sayWith } from "./texts.js";
import { showTool } from "./right.js";

function Script({ script }) {
  const tools = say("tools_n", { n: script.tools });
  const loaded = script.loaded ? clock(Date.parse(script.loaded)) : "";
  if (script.failed) {
    const { text, at } = script.failed;
    return html`<li class="row failed"><svg class="tri" viewBox="0 0 11 10" role="img" aria-label=${say("failed")}><path d="M5.5 0 11 10H0Z" /></svg>
      <span class="name">${safe(script.name, 80)}</span><span class="meta num">${tools}</span>
      <span class="err">${at && text.startsWith(at) ? html`<b title=${safe(at, 300)}>${safe(short(at), 300)}</b>${safe(text.slice(at.length), 1000)}` : safe(text, 1000)}</span>
      <span class="sub">${say("notReloaded", { time: loaded })}</span></li>`;
  }
  const sub = !script.alive ? say("silentScript") : script.rests ? say("rests", { reason: script.rests })
    : script.generation > 1 ? say("reloadedAt", { time: loaded, times: script.generation - 1 }) : loaded && say("loadedAt", { time: loaded });
  return html`<li class=${"row" + (script.alive && !script.rests ? "" : " failed")}><span class="dot" role="img" aria-label=${say(script.alive ? "runs" : "silentScript")}></span>
    <span class="name">${safe(script.name, 80)}</span><span class="meta num">${tools}</span><span class="sub">${safe(sub, 300)}</span></li>`;
}

function Scripts() {
  const list = s.snap.value?.scripts ?? [];
  const [problem, setProblem] = useState("");
  const reload = () => post("reload").then(() => setProblem(""), (e) => setProblem(e.message)).then(s.refresh);
  return html`<section class="sec"><header><h2>${say("scripts")}</h2>${!s.snap.value?.replay && html`<button class="link" onClick=${reload}>${say("reload")}</button>`}</header>
    ${list.length === 0 && html`<p class="empty">${say(s.snap.value?.replay ? "scriptsOfReplay" : "noScripts")}</p>`}
    <ul>${list.map((script) => html`<${Script} key=${script.name} script=${script} />`)}</ul>
    ${problem && html`<p class="empty bad" role="alert">${safe(problem)}</p>`}</section>`;
}

function Tool({ tool, extra, running, isSelected }) {
  const calls = tool.calls + (extra?.calls ?? 0), errors = tool.errors + (extra?.errors ?? 0);
  const time = running ? say("running") : calls === 0 ? "–" : s.ms(tool.calls ? tool.median : extra.last);
  return html`<li><button class=${"row" + (isSelected ? " on" : "")} onClick=${() => showTool(tool.name)} title=${safe(tool.description, 300)}>
    <span class="name">${safe(tool.name, 64)}</span><span class=${"ms num" + (running ? " running" : "")}>${time}</span>
    <span class="n num">${errors > 0 && html`<b class="bad">${errors}✗</b> `}${calls}<span class="sr"> ${say("calls", { n: calls })}</span></span></button></li>`;
}

function Tools({ shown }) {
  s.changed.value;
  const [filter, setFilter] = useState("");
  const all = s.snap.value?.tools ?? [];
  const running = new Set();
  for (const turn of s.turns) for (const l of turn.lines) if (l.kind === "call" && !l.end) running.add(l.tool);
  const list = all.filter((t) => t.name.toLowerCase().includes(filter.toLowerCase())).slice(0, 300);
  return html`<section class="sec tools"><header><h2>${say("tools")}</h2><span>${say("medianCalls")}</span></header>
    ${all.length === 0 ? html`<p class="empty">${s.snap.value?.replay ? say("toolsOfReplay") : sayWith("noTools", { register_tool: html`<code>register_tool</code>` })}</p>`
      : html`<input class="filter" id="filter" placeholder=${say("filter")} aria-label=${say("filterTools")} value=${filter} onInput=${(e) => setFilter(e.currentTarget.value)} />
        <ul>${list.map((t) => html`<${Tool} key=${t.name} tool=${t} extra=${s.tools.get(t.name)} running=${running.has(t.name)} isSelected=${shown === t.name} />`)}</ul>
        ${list.length === 0 && html`<p class="empty">${say("noToolFound")}</p>`}`}</section>`;
}

// Meter shows a level in dBFS with 40 cells, from -72 to 0.
function Meter({ db, who, label }) {
  const n = Math.max(0, Math.min(40, Math.round((db + 72) / 72 * 40)));
  return html`<div class=${"meter " + who} role="img" aria-label=${label}>${Array.from({ length: 40 }, (_, i) => html`<i class=${i < n ? "v" : ""}></i>`)}</div>`;
}

function Device({ name, device, db, who, words }) {
  return html`<div class="dev"><div class="lab"><b>${name}</b><span class="num">${words}</span></div>
    ${device.ok ? db !== undefined && html`<${Meter} db=${db} who=${who} label=${say("level", { device: name })} />` : html`<p class="empty bad">${safe(device.error, 300)}</p>`}</div>`;
}

function Sound() {
  const { speaker, microphone, sound } = s.snap.value ?? {};
  const level = s.level.value;
  if (!speaker && !microphone) return html`<section class="sec"><header><h2>${say("sound")}</h2><span>${say("off")}</span></header><p class="empty">${say(s.snap.value?.replay ? "soundOfReplay" : "byText")}</p></section>`;
  return html`<section class="sec sound-facts"><header><h2>${say("sound")}</h2><span>${safe(speaker?.name ?? microphone?.name, 40)}</span></header>
    ${microphone && html`<${Device} name=${say("microphone")} device=${microphone} who="you" db=${level ? level.mic : -96}
      words=${!s.listening.value ? say("notListening") : level ? say(level.voice ? "level_voice" : "level_db", { db: Math.round(level.mic) }) : ""} />`}
    ${speaker && html`<${Device} name=${say("speaker")} device=${speaker} who="agent" words=${say(s.phase.value.name === "speaking" ? "speaking" : "quiet")} />`}
    ${sound && html`<dl class="facts"><dt>${say("gapsLate")}</dt><dd class="num">${sound.gaps}, ${sound.late}</dd><dt>${say("runsOfBuffer")}</dt><dd class="num">${sound.underruns}, ${sound.overruns}</dd></dl>`}</section>`;
}

export function Left({ shown }) {
  return html`<nav class="left" aria-label=${say("left")}><${Scripts} /><${Tools} shown=${shown} /><${Sound} /></nav>`;
}
