// The questions whether tools of MCP servers may be called, with a button for each answer.
import { html, signal, useState, useEffect } from "../web/html.js";
import { post } from "./requests.js";
import * as s from "./state.js";
import { safe, Tree } from "./text.js";
import { say } from "./texts.js";

const MAX_ENDED = 100, MAX_SHOWN = 5;

const ended = signal([]); // the keys of questions that are over, newest last
const keyOf = (e) => e.call_id + " " + e.time; // the ids of calls begin anew when the program starts
const endOf = (e) => Date.parse(e.time) + (e.seconds || 300) * 1000;
const secondsLeft = (e) => Math.ceil((endOf(e) - s.programTime()) / 1000);

function Question({ e }) {
  const [left, setLeft] = useState(secondsLeft(e)), [problem, setProblem] = useState(""), [busy, setBusy] = useState(false);
  const close = () => { ended.value = [...ended.value, keyOf(e)].slice(-MAX_ENDED); };
  useEffect(() => {
    const t = setInterval(() => { const n = secondsLeft(e); if (n <= 0) close(); else setLeft(n); }, 1000);
    return () => clearInterval(t);
  }, []);
  const answer = (approved) => () => { setBusy(true); post("approve", { call_id: e.call_id, approved }).then(close, (error) => { setBusy(false); setProblem(error.message); }); };
  return html`<li><p>${safe(e.text, 1500)}</p>${e.args && Object.keys(e.args).length > 0 && html`<pre><${Tree} value=${e.args} /></pre>`}
    ${problem && html`<p class="bad" role="alert">${say("questionOver", { why: safe(problem, 300) })}</p>`}
    <div class="acts">${problem ? html`<button type="button" class="btn" onClick=${close}>${say("close")}</button>`
      : html`<button type="button" class="btn solid" disabled=${busy} onClick=${answer(true)}>${say("approve")}</button><button type="button" class="btn" disabled=${busy} onClick=${answer(false)}>${say("refuse")}</button>`}
      <span class="num said">${say("secondsLeft", { s: left })}</span></div></li>`;
}

// Approvals shows the newest questions that are open.
export function Approvals() {
  s.changed.value;
  if (s.snap.value?.replay) return null;
  const open = s.events.filter(({ e }) => e.type === "approval" && secondsLeft(e) > 0 && !ended.value.includes(keyOf(e))).slice(-MAX_SHOWN);
  if (open.length === 0) return null;
  return html`<section class="approvals" aria-label=${say("question")}><h2 role="status">${say("question")}</h2><ul>${open.map(({ e }) => html`<${Question} key=${keyOf(e)} e=${e} />`)}</ul></section>`;
}
