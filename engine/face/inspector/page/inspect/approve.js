// The questions whether tools of MCP servers may be called, with a button for each answer.
import { html, signal, useState, useEffect } from "../web/html.js";
import { post } from "./requests.js";
import * as s from "./state.js";
import { safe, Tree } from "./text.js";
import { say } from "./texts.js";

const ended = signal(new Set()); // the ids of calls whose questions are over

function Question({ e }) {
  const until = Date.parse(e.time) + (e.seconds || 300) * 1000;
  const [left, setLeft] = useState(Math.ceil((until - Date.now()) / 1000)), [problem, setProblem] = useState(""), [busy, setBusy] = useState(false);
  const close = () => { ended.value = new Set([...ended.value, e.call_id]); };
  useEffect(() => {
    const t = setInterval(() => { const n = Math.ceil((until - Date.now()) / 1000); if (n <= 0) close(); else setLeft(n); }, 1000);
    return () => clearInterval(t);
  }, []);
  const answer = (approved) => () => { setBusy(true); post("approve", { call_id: e.call_id, approved }).then(close, (error) => { setBusy(false); setProblem(error.message); }); };
  return html`<li><p>${safe(e.text, 1500)}</p>${e.args && Object.keys(e.args).length > 0 && html`<pre><${Tree} value=${e.args} /></pre>`}
    ${problem && html`<p class="bad" role="alert">${say("questionOver", { why: safe(problem, 300) })}</p>`}
    <div class="acts">${problem ? html`<button type="button" class="btn" onClick=${close}>${say("close")}</button>`
      : html`<button type="button" class="btn solid" disabled=${busy} onClick=${answer(true)}>${say("approve")}</button><button type="button" class="btn" disabled=${busy} onClick=${answer(false)}>${say("refuse")}</button>`}
      <span class="num said">${say("secondsLeft", { s: left })}</span></div></li>`;
}

// Approvals shows the questions that are open.
export function Approvals() {
  s.changed.value;
  if (s.snap.value?.replay) return null;
  const now = Date.now();
  const open = s.events.filter(({ e }) => e.type === "approval" && Date.parse(e.time) + (e.seconds || 300) * 1000 > now && !ended.value.has(e.call_id)).slice(0, 5);
  if (open.length === 0) return null;
  return html`<section class="approvals" aria-label=${say("question")}><h2 role="status">${say("question")}</h2><ul>${open.map(({ seq, e }) => html`<${Question} key=${seq} e=${e} />`)}</ul></section>`;
}
