// The page: its bar, its columns, and the keys that work everywhere.
import { html, render, useState } from "../web/html.js";
import { post } from "./requests.js";
import * as s from "./state.js";
import { safe } from "./text.js";
import { say, sayWith, lang } from "./texts.js";
import { Devices, Rollouts, back } from "./list.js";
import { Device, TABS } from "./device.js";
import { Log } from "./log.js";

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
  const fleet = s.summary.value;
  return html`<header class="top">
    <h1 class="brand"><svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10.25" fill="none" stroke="var(--line2)" stroke-width="1.5" /><path d="M12 1.75a10.25 10.25 0 0 1 0 20.5c3.4-2.4 5.1-5.9 5.1-10.25S15.4 4.15 12 1.75Z" fill="var(--agent)" /></svg>Moonlark</h1>
    ${fleet?.fleet && html`<span class="crumb"><b>${safe(fleet.fleet, 63)}</b><span class="num">${say("online", { n: fleet.known, online: fleet.online })}</span></span>`}
    <span class="grow"></span>
    ${s.outdated.value && html`<button class="btn" onClick=${() => location.reload()}>${say("updated")}</button>`}
    <span class=${"link-state " + s.link.value} role="status">${say("link_" + s.link.value)}</span>
    <${Theme} />
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
    <input class="field" type="password" aria-label=${say("token")} value=${token} autocomplete="current-password" onInput=${(e) => setToken(e.currentTarget.value)} /><button class="btn">${say("open")}</button>
    ${problem && html`<p class="bad" role="alert">${safe(problem, 200)}</p>`}</form>`;
}

// AllLog shows the log of all devices while no device is selected.
const AllLog = () => html`<section class="detail" aria-labelledby="log-title"><header><h2 id="log-title">${say("logOfAll")}</h2></header><div class="pane"><${Log} all /></div></section>`;

function Page() {
  if (s.needsLogin.value) return html`<${Login} />`;
  const trouble = s.summary.value?.trouble;
  return html`<${Bar} />
    <main class=${s.selected.value ? "chosen" : ""}>
      <div class="left">${trouble && html`<p class="trouble bad" role="alert">${say("hubTrouble", { why: safe(trouble, 300) })}</p>`}<${Rollouts} /><${Devices} /></div>
      ${s.selected.value ? html`<${Device} />` : html`<${AllLog} />`}
    </main>`;
}

// Keys that work everywhere, except while somebody types.
addEventListener("keydown", (e) => {
  const typing = e.target.closest?.("input, textarea, select");
  if (e.key === "Escape") { if (typing) e.target.blur(); else if (s.selected.value) back(); return; }
  if (typing || e.ctrlKey || e.metaKey || e.altKey || e.key !== "/") return;
  e.preventDefault();
  document.getElementById("filter")?.focus();
});

try { const theme = localStorage.getItem("theme"); if (theme) document.documentElement.dataset.theme = theme; } catch { /* the theme is that of the system */ }
Object.assign(document.documentElement, { lang, dir: say("dir") });
document.title = say("title");
const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token) {
  history.replaceState(null, "", location.pathname + location.search);
  try { await post("login", { token }); } catch { s.needsLogin.value = true; }
}
s.start(TABS);
render(html`<${Page} />`, document.body);
