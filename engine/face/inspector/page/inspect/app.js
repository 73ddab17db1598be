// The page: its bar, its columns, and the keys that work everywhere.
import { html, render, useState, useEffect } from "../web/html.js";
import { post } from "./requests.js";
import * as s from "./state.js";
import { safe } from "./text.js";
import { say, sayWith, fixed, lang } from "./texts.js";
import { Left } from "./left.js";
import { Thread } from "./thread.js";
import * as player from "./player.js";
import { Right, again, shownTool } from "./right.js";
import { Approvals } from "./approve.js";

const COLOURS = { listening: "you", hearing: "you", thinking: "tool", speaking: "agent" };

function Duration({ since }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => { const t = setInterval(() => { if (!document.hidden) setNow(Date.now()); }, 1000); return () => clearInterval(t); }, []);
  const sec = Math.max(0, Math.floor((now - since) / 1000));
  const two = (n) => String(n).padStart(2, "0");
  return html`<span class="num" aria-hidden="true">${sec >= 3600 ? Math.floor(sec / 3600) + ":" + two(Math.floor(sec / 60) % 60) : two(Math.floor(sec / 60))}:${two(sec % 60)}</span>`;
}

function Theme() {
  const toggle = () => {
    const now = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");
    const next = now === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    try { localStorage.setItem("theme", next); } catch { /* the choice is not stored then */ }
  };
  return html`<button class="btn quiet" onClick=${toggle}>${say("theme")}</button>`;
}

function Bar() {
  const snap = s.snap.value, { name, since } = s.phase.value;
  const [problem, setProblem] = useState("");
  const act = (path) => () => post(path).then(() => setProblem(""), (e) => setProblem(e.message));
  const record = (on) => () => post("recording", { on }).then(() => setProblem(""), (e) => setProblem(e.message)).then(s.refresh);
  const talks = ["connected", "connecting", "reconnecting"].includes(snap?.status);
  const who = say("who_" + (snap?.replay ? "replay" : snap?.target || "none"));
  return html`<header class="top">
    <h1 class="brand"><svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10.25" fill="none" stroke="var(--line2)" stroke-width="1.5" /><path d="M12 1.75a10.25 10.25 0 0 1 0 20.5c3.4-2.4 5.1-5.9 5.1-10.25S15.4 4.15 12 1.75Z" fill="var(--agent)" /></svg>Moonlark</h1>
    <div class="crumb"><b>${who}</b><span class="mono">${safe(snap?.replay ?? snap?.conversation_id ?? "", 40)}</span></div>
    ${!snap?.replay && html`<span class=${"pill " + (COLOURS[name] ?? "")} ><i></i><span role="status">${say("phase_" + name)}</span><${Duration} since=${since} /></span>`}
    <span class="grow"></span>
    ${problem && html`<span class="bad" role="alert">${safe(problem, 200)}</span>`}
    ${s.outdated.value && html`<button class="btn" onClick=${() => location.reload()}>${say("updated")}</button>`}
    <span class=${"link-state " + s.link.value} role="status">${say("link_" + s.link.value)}</span>
    ${s.roundTrip.value > 0 && talks && html`<span class="num" title=${say("roundTrip")}>${s.ms(s.roundTrip.value)}</span>`}
    ${snap?.recording && html`<span class="recording"><span class="rec"></span>${say("recording")} <span class="num">${fixed(snap.recording.bytes / 1e6, 1)} MB</span></span>`}
    ${snap?.can_record && html`<button class="btn quiet" onClick=${record(!snap.recording)}>${say(snap.recording ? "endRecording" : "record")}</button>`}
    <${Theme} />
    ${snap && !snap.replay && (talks ? html`<button class="btn" onClick=${act("stop")}>${say("end")}</button>` : html`<button class="btn" onClick=${act("start")}>${say("start")}</button>`)}
    <nav class="views" aria-label=${say("views")}>${["main", "right", "left"].map((id) => html`<button class="btn quiet" onClick=${() => { document.body.dataset.view = id; }}>${say("view_" + id)}</button>`)}</nav>
  </header>`;
}

async function login(token) {
  await post("login", { token });
  location.reload();
}

function Login() {
  const [token, setToken] = useState(""), [problem, setProblem] = useState("");
  const submit = (e) => { e.preventDefault(); login(token).catch((error) => setProblem(error.message)); };
  return html`<form class="login" onSubmit=${submit}><h2>${say("needsToken")}</h2><p>${sayWith("tokenIs", { variable: html`<code>MOONLARK_HTTP_TOKEN</code>`, flag: html`<code>--http-token</code>` })}</p>
    <input type="password" aria-label=${say("token")} value=${token} autocomplete="current-password" onInput=${(e) => setToken(e.currentTarget.value)} /><button class="btn solid">${say("open")}</button>
    ${problem && html`<p class="bad" role="alert">${safe(problem, 200)}</p>`}</form>`;
}

function Page() {
  if (s.needsLogin.value) return html`<${Login} />`;
  return html`<${Bar} /><${Left} shown=${shownTool.value} /><${Thread} /><${Right} /><${Approvals} />`;
}

// replayKey handles a key of a recording, and reports whether it has one.
function replayKey(e) {
  const direction = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[e.key];
  if (e.target.closest?.("button, [role=tab]")) return false;
  if (e.key === " ") player.toggle();
  else if (direction) player.step(direction);
  else return false;
  e.preventDefault();
  return true;
}

// Keys that work everywhere, except while somebody types.
addEventListener("keydown", (e) => {
  const typing = e.target.closest?.("input, textarea, select, [contenteditable]");
  if (e.key === "Escape") { if (typing) e.target.blur(); else if (s.phase.value.name === "speaking") post("interrupt").catch(() => {}); return; }
  if (typing || e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === "/") { e.preventDefault(); document.getElementById("filter")?.focus(); }
  if ((e.key === "r" || e.key === "R") && !s.snap.value?.replay) again();
  if (s.snap.value?.replay && replayKey(e)) return;
  if (e.key === " " && !e.repeat && s.snap.value?.microphone && !e.target.closest("button")) { e.preventDefault(); post("listen", { on: true }).catch(() => {}); }
});
addEventListener("keyup", (e) => {
  if (e.key === " " && s.snap.value?.microphone && !e.target.closest?.("input, textarea, select, button")) post("listen", { on: false }).catch(() => {});
});

try { const theme = localStorage.getItem("theme"); if (theme) document.documentElement.dataset.theme = theme; } catch { /* the theme is that of the system */ }
Object.assign(document.documentElement, { lang, dir: say("dir") });
document.title = say("title");
document.body.dataset.view = "main";
const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token) {
  history.replaceState(null, "", location.pathname + location.search);
  try { await post("login", { token }); } catch { s.needsLogin.value = true; }
}
s.start();
render(html`<${Page} />`, document.body);
