// One device: what it is and does, and the commands for it.
import { html, useEffect, useRef, useState } from "../web/html.js";
import { post } from "./requests.js";
import * as s from "./state.js";
import { safe, line, word, since, clock } from "./text.js";
import { say } from "./texts.js";
import { back, bundleOf } from "./list.js";
import { Log, Talk, Events } from "./log.js";

export const TABS = ["state", "talk", "log", "events"];

// answerOf returns what a device has answered to a command, for people.
function answerOf({ status, body, done }) {
  let answer;
  try { answer = JSON.parse(body); } catch { /* it is no JSON */ }
  if (answer && typeof answer === "object" && answer.error) return line(answer.error, 300);
  return done ? "" : say("status", { status }) + (body ? ": " + safe(body, 300) : "");
}

// dataOf returns the data of an event: JSON, or else a text.
function dataOf(text) {
  try { return JSON.parse(text); } catch { return text; }
}

function Commands({ name }) {
  const [told, setTold] = useState(null), [text, setText] = useState(""), [type, setType] = useState(""), [data, setData] = useState("");
  const send = async (verb, body) => {
    setTold({ text: say("sending", { verb: say("verb_" + verb) }) });
    try {
      const answer = await post("fleet/command", { device: name, verb, ...(body && { body }) });
      const said = answerOf(answer);
      setTold({ bad: !answer.done, text: say("verb_" + verb) + ": " + (said || say("done")) });
      return answer.done;
    } catch (e) {
      setTold({ bad: true, text: say("verb_" + verb) + ": " + safe(e.message, 300) });
      return false;
    }
  };
  const submit = (f) => async (e) => { e.preventDefault(); await f(); };
  return html`<section class="commands" aria-label=${say("commands")}>
    <div class="keys">${["start", "stop", "reload"].map((verb) => html`<button class="btn" onClick=${() => send(verb)}>${say("verb_" + verb)}</button>`)}</div>
    <form onSubmit=${submit(async () => { if (text && await send("say", { text })) setText(""); })}>
      <input class="field" aria-label=${say("sayWhat")} placeholder=${say("sayWhat")} value=${text} onInput=${(e) => setText(e.currentTarget.value)} /><button class="btn">${say("verb_say")}</button></form>
    <form onSubmit=${submit(async () => { if (type) await send("event", { type, ...(data && { data: dataOf(data) }) }); })}>
      <input class="field" aria-label=${say("eventType")} placeholder=${say("eventType")} value=${type} onInput=${(e) => setType(e.currentTarget.value)} />
      <input class="field" aria-label=${say("eventData")} placeholder=${say("eventData")} value=${data} onInput=${(e) => setData(e.currentTarget.value)} /><button class="btn">${say("verb_event")}</button></form>
    <p class=${told?.bad ? "told bad" : "told"} role=${told?.bad ? "alert" : "status"}>${told?.text}</p>
  </section>`;
}

function State({ d }) {
  s.minute.value; // for the time
  const facts = [
    ["connection", d.online ? say("isOnline") : say("offlineFor", { time: since(Date.parse(d.received), s.hubTime()) })],
    ["heard", clock(d.received)],
    ["conversation", word("status_", d.status)],
    ["groups", safe((d.groups ?? []).join(", "), 300)],
    ["bundle", bundleOf(d.running.name, d.running.phase)],
    ["wanted", d.wanted && d.wanted.digest !== d.running.digest && `${safe(d.wanted.name || d.wanted.digest.slice(0, 12), 60)}: ${word("phase_", d.wanted.phase)}${d.wanted.why ? ", " + safe(d.wanted.why, 1000) : ""}`],
    ["target", d.target && safe(d.target, 63)],
    ["moonlark", safe(d.moonlark, 60)],
    ["digest", d.running.digest && html`<code>${safe(d.running.digest.slice(0, 16), 16)}</code>`],
  ].filter(([, value]) => value);
  const troubles = [...(d.twice ? [say("twice")] : []), ...(d.slow ? [say("slow")] : []), ...(d.troubles ?? []).slice(0, 20).map((t) => safe(t, 500)), ...(!d.ok && !d.troubles?.length ? [say("notOK")] : [])];
  const reported = Object.entries(d.reported ?? {}).slice(0, 200);
  return html`<div class="pane-scroll" tabindex="0" role="region" aria-label=${say("tab_state")}>
    ${troubles.length > 0 && html`<ul class="troubles" aria-label=${say("troubles")}>${troubles.map((t) => html`<li>${t}</li>`)}</ul>`}
    <dl class="facts">${facts.map(([name, value]) => html`<dt>${say("fact_" + name)}</dt><dd>${value}</dd>`)}</dl>
    <h3>${say("reported")}</h3>
    ${reported.length > 0 ? html`<dl class="facts">${reported.map(([name, value]) => html`<dt>${safe(name, 100)}</dt><dd><code>${line(value)}</code></dd>`)}</dl>` : html`<p class="empty">${say("noReported")}</p>`}
  </div>`;
}

// moveTab goes from tab to tab with the arrow keys.
function moveTab(e) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
  if (!step) return;
  e.preventDefault();
  const next = TABS[(TABS.indexOf(s.tab.value) + step + TABS.length) % TABS.length];
  s.select(s.selected.value, next);
  document.getElementById("tab-" + next)?.focus();
}

// Device shows the selected device.
export function Device() {
  const name = s.selected.value, d = s.device.value, tab = s.tab.value, close = useRef(null);
  // On a narrow screen, the device replaces the list, and so the row that had the focus.
  useEffect(() => { if (document.activeElement === document.body) close.current.focus(); }, [name]);
  const body = { talk: () => html`<${Talk} />`, log: () => html`<${Log} />`, events: () => html`<${Events} />` }[tab];
  return html`<section class="detail" aria-labelledby="device-title">
    <header><h2 id="device-title">${safe(name, 63)}</h2><button class="btn quiet" id="close" ref=${close} onClick=${back}>${say("close")}</button></header>
    ${d && !d.device ? html`<p class="empty">${say("unknownDevice", { name: safe(name, 63) })}</p>` : html`
    <${Commands} key=${name} name=${name} />
    <div class="tabs" role="tablist" aria-label=${say("details")} onKeyDown=${moveTab}>${TABS.map((id) => html`<button role="tab" id=${"tab-" + id} aria-selected=${tab === id ? "true" : "false"} aria-controls="pane" tabindex=${tab === id ? 0 : -1} onClick=${() => s.select(name, id)}>${say("tab_" + id)}</button>`)}</div>
    <div class="pane" id="pane" role="tabpanel" aria-labelledby=${"tab-" + tab}>${body ? body() : d && html`<${State} d=${d} />`}</div>`}
  </section>`;
}
