// The list of the devices, and the rollouts above it.
import { html, useState } from "../web/html.js";
import { post } from "./requests.js";
import * as s from "./state.js";
import { safe, since, word } from "./text.js";
import { say, number } from "./texts.js";

// hasFailed reports whether the device does not use the bundle that it should run.
const hasFailed = (d) => ["back", "refused"].includes(d.wanted?.phase);

// isTroubled reports whether somebody should look at the device, apart from that it may be offline.
const isTroubled = (d) => d.twice || d.slow || (d.troubles?.length ?? 0) > 0 || (d.online && !d.ok) || hasFailed(d);

const FILTERS = { all: () => true, online: (d) => d.online, offline: (d) => !d.online, trouble: isTroubled };

// troubleOf returns one line about what is wrong with a device, or "".
function troubleOf(d) {
  if (d.twice) return say("twice");
  if (hasFailed(d)) return safe(d.wanted.why, 200);
  if (d.troubles?.length) return safe(d.troubles.join(" · "), 200);
  if (d.slow) return say("slow");
  return d.online && !d.ok ? say("notOK") : "";
}

// bundleOf returns which bundle a device runs.
export const bundleOf = (name, phase) => (name ? safe(name, 60) + (phase === "trial" ? " · " + say("phase_trial") : "") : say("factory"));

// Row shows a device. It is drawn again only when its own row changes.
function Row({ name, on }) {
  const d = s.rows.get(name)?.value;
  if (!d) return null;
  if (!d.online) s.minute.value; // for the time
  const trouble = troubleOf(d), bad = isTroubled(d);
  const heard = Date.parse(d.heard ?? "");
  return html`<li><button class=${"device" + (on ? " on" : "") + (d.online ? "" : " off") + (bad ? " failed" : "")} aria-current=${on ? "true" : undefined} onClick=${() => s.select(name)}>
    <i class="dot" aria-hidden="true"></i>
    <span class="name">${safe(name, 63)}</span>
    <span class="groups">${safe((d.groups ?? []).join(", "), 100)}</span>
    <span class="how">${d.online ? word("status_", d.status) : say("offlineFor", { time: since(heard, s.hubTime()) })}</span>
    <span class="runs">${bundleOf(d.running, d.phase)}${d.wanted?.name ? html`<span class=${"next" + (hasFailed(d) ? " bad" : "")}>${say("becomes", { bundle: safe(d.wanted.name, 60), phase: word("phase_", d.wanted.phase) })}</span>` : null}</span>
    ${trouble && html`<span class="why">${trouble}</span>`}
  </button></li>`;
}

// back closes the selected device, and goes to its row.
export function back() {
  const name = s.selected.value;
  s.select("");
  requestAnimationFrame(() => [...document.querySelectorAll(".device")].find((e) => e.querySelector(".name").textContent === name)?.focus());
}

// move goes from row to row with the arrow keys.
function move(e) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (!step) return;
  const all = [...e.currentTarget.querySelectorAll("button")], at = all.indexOf(document.activeElement);
  if (at < 0) return;
  e.preventDefault();
  all[Math.min(all.length - 1, Math.max(0, at + step))].focus();
}

export function Devices() {
  const [text, setText] = useState(""), [filter, setFilter] = useState("all");
  s.listed.value; // a row has changed, and so may what the filter lets through
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = s.names.value.filter((name) => {
    const d = s.rows.get(name).peek();
    if (!FILTERS[filter](d)) return false;
    const all = [d.name, ...(d.groups ?? []), d.running ?? "", d.status].join(" ").toLowerCase();
    return words.every((w) => all.includes(w));
  });
  const total = s.names.value.length;
  return html`<section class="list" aria-labelledby="devices-title">
    <header><h2 id="devices-title">${say("devices")}</h2>
      <input id="filter" class="field" type="search" placeholder=${say("filter")} aria-label=${say("filterDevices")} value=${text} onInput=${(e) => setText(e.currentTarget.value)} />
      <select class="field" aria-label=${say("which")} value=${filter} onChange=${(e) => setFilter(e.currentTarget.value)}>${Object.keys(FILTERS).map((id) => html`<option value=${id}>${say("only_" + id)}</option>`)}</select>
      <span class="num count" role="status">${shown.length === total ? say("devices_n", { n: total }) : say("ofDevices", { n: total, shown: shown.length })}</span></header>
    ${total === 0 && s.summary.value && html`<p class="empty">${say("noDevice")}</p>`}
    ${total > 0 && shown.length === 0 && html`<p class="empty">${say("noneFound")}</p>`}
    ${shown.length > 0 && html`<ul class="devices" aria-labelledby="devices-title" onKeyDown=${move}>${shown.map((name) => html`<${Row} key=${name} name=${name} on=${name === s.selected.value} />`)}</ul>`}
  </section>`;
}

// waveOf returns where a rollout is, in words.
function waveOf(r) {
  if (!r.waves) return "";
  const left = Date.parse(r.since) + r.hold * 1000 - s.hubTime();
  const wave = r.wave === 0 ? say("firstDevices") : say("wave", { n: r.wave, of: r.waves.length });
  const share = r.wave === 0 ? "" : " · " + number(r.share / 100) + " %";
  return wave + share + " · " + (r.paused ? say("pausedBy", { who: safe(r.paused, 60) }) : left > 0 ? say("left", { n: Math.max(1, Math.round(left / 60000)) }) : say("waitsForDevices"));
}

function Rollout({ r }) {
  const [problem, setProblem] = useState(""), [asking, setAsking] = useState(false), [busy, setBusy] = useState(false);
  s.minute.value; // for the time that is left
  const act = (action) => async () => {
    setBusy(true); setAsking(false);
    try { await post("fleet/rollout", { key: r.key, action }); setProblem(""); } catch (e) { setProblem(e.message); }
    setBusy(false);
  };
  const counts = ["fetching", "waiting", "trial", "untouched"].filter((phase) => r[phase] > 0).map((phase) => r[phase] + " " + say("phase_" + phase));
  const title = say("rollout", { target: safe(r.target, 63), from: r.from ? safe(r.from, 60) : say("factory"), to: safe(r.bundle, 60) });
  return html`<li class="rollout">
    <div><h3>${title}</h3><p>${r.trouble ? html`<span class="bad">${safe(r.trouble, 300)}</span>` : waveOf(r)}</p></div>
    <div class="keys">${asking
      ? html`<span role="status">${say("reallyStop", { bundle: r.from ? safe(r.from, 60) : say("factory") })}</span><button class="btn danger" onClick=${act("stop")}>${say("stopRollout")}</button><button class="btn" onClick=${() => setAsking(false)}>${say("cancel")}</button>`
      : html`${!r.trouble && html`<button class="btn" disabled=${busy} onClick=${act(r.paused ? "resume" : "pause")}>${say(r.paused ? "resume" : "pause")}</button>`}<button class="btn" disabled=${busy} onClick=${() => setAsking(true)}>${say("stopRollout")}</button>`}</div>
    <div class="progress"><progress max=${Math.max(1, r.online)} value=${r.good} aria-label=${say("goodOf", { good: r.good, online: r.online })}></progress>
      <span class="num">${[say("goodOf", { good: r.good, online: r.online }), ...counts].join(" · ")}</span></div>
    ${problem && html`<p class="bad" role="alert">${safe(problem, 300)}</p>`}
    ${r.failed?.length > 0 && html`<ul class="failed-on" aria-label=${say("failedOn")}>${r.failed.map((f) => html`<li><button class="link" onClick=${() => s.select(f.device)}>${safe(f.device, 63)}</button> ${word("phase_", f.phase)}: ${safe(f.why, 300)}</li>`)}</ul>`}
  </li>`;
}

export function Rollouts() {
  const { rollouts = [], ended = {} } = s.summary.value ?? {};
  const last = Object.entries(ended).sort((a, b) => (a[1].ended < b[1].ended ? 1 : -1)).slice(0, 3);
  if (rollouts.length === 0 && last.length === 0) return null;
  s.minute.value; // for the times
  return html`<section class="rollouts" aria-labelledby="rollouts-title"><h2 id="rollouts-title">${say("rollouts")}</h2>
    ${rollouts.length > 0 && html`<ul>${rollouts.map((r) => html`<${Rollout} key=${r.id + r.key} r=${r} />`)}</ul>`}
    ${last.length > 0 && html`<ul class="ended" aria-label=${say("endedRollouts")}>${last.map(([target, e]) => html`<li key=${e.id}>${say("endedRollout", {
      target: safe(target, 63), bundle: safe(e.bundle, 60), result: word("result_", e.result.replaceAll(" ", "_")), time: since(Date.parse(e.ended), s.hubTime()) })}</li>`)}</ul>`}
  </section>`;
}
