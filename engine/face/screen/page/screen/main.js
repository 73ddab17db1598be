// The page of the kiosk's screen.
import { html, render, useEffect, useRef, effect } from "../web/html.js";
import { doc, settings, idle, dimmed, lost, countdown, scale, now, touched, send, start } from "./store.js";
import { Stars } from "./moon.js";
import { Blocks, Key, split } from "./blocks.js";
import { Voice } from "./voice.js";
import { Idle } from "./idle.js";
import { Night } from "./night.js";
import { Ask, Note } from "./ask.js";
import { Sound } from "./sound.js";
import { Tools } from "./tools.js";
import { startUpkeep } from "./upkeep.js";
import { say, clock, day } from "./texts.js";

function Clock() {
  const s = settings.value, minute = Math.floor(now.value / 60_000) * 60_000;
  return html`<span class="num">${`${day(s, minute)} · ${clock(s, minute)}`}</span>`;
}

function Keys({ keys }) {
  const s = settings.value;
  return html`<nav class="keys" aria-label=${say(s, "keys")}>
    ${keys.map((b) => html`<${Key} key=${b.key} button=${b} />`)}
    <span class="gap"></span><${Tools} />
  </nav>`;
}

// Content can be scrolled if it does not fit, also with the keyboard.
function Content({ left, right }) {
  const box = useRef(null);
  const fit = () => {
    const over = box.current.scrollHeight > box.current.clientHeight + 2;
    if (over) box.current.tabIndex = 0; else box.current.removeAttribute("tabindex");
    box.current.classList.toggle("scrolls", over);
  };
  useEffect(fit);
  useEffect(() => {
    addEventListener("resize", fit);
    return () => removeEventListener("resize", fit);
  }, []);
  return html`<div ref=${box} class=${right.length > 0 ? "content two" : "content"}>
    <div class="side left"><${Blocks} blocks=${left} /></div>
    ${right.length > 0 && html`<div class="side right"><${Blocks} blocks=${right} /></div>`}
  </div>`;
}

function App() {
  const d = doc.value, s = settings.value, size = s.scale * scale.value;
  useEffect(() => {
    const root = document.documentElement;
    root.lang = s.lang;
    root.dir = s.dir;
    root.dataset.theme = s.scheme;
    root.dataset.reach = s.reach;
    root.style.setProperty("--scale", size);
    root.style.setProperty("--theme", s.scale);
    if (s.accent) root.style.setProperty("--moon", s.accent); else root.style.removeProperty("--moon");
    document.title = s.title || "Moonlark";
  });
  const here = () => { touched(); if (doc.value?.ask) send("here"); };
  if (!d) {
    return html`<div class="page"><div class="sky"></div><${Stars} /><header class="bar"><h1>Moonlark</h1></header><main class="stage"></main><${Voice} /></div>`;
  }
  if (dimmed.value) return html`<${Night} key="night" />`;
  if (idle.value) {
    return html`<div class="page idling" key="idle"><div class="sky"></div><${Stars} /><header class="bar"><b>${s.title}</b><${Clock} /></header><${Idle} />
      <${Note} /><${Sound} />${lost.value && html`<div class="lost" role="status">${say(s, "trying")}…</div>`}</div>`;
  }
  const { left, right, keys } = split(d.blocks);
  return html`<div class="page" key="page" onPointerDown=${here}>
    <div class="sky"></div><${Stars} />
    <header class="bar" inert=${!!d.ask}><h1>${s.title || "Moonlark"}</h1><${Clock} /></header>
    <main class="stage" inert=${!!d.ask} aria-label=${s.title || "Moonlark"}>
      <${Content} key=${d.owner} left=${left} right=${right} />
      <${Keys} keys=${keys} />
    </main>
    <${Voice} />
    ${countdown.value !== null && !lost.value && html`<div class="lost">${say(s, "later", { seconds: countdown.value })}</div>`}
    ${lost.value && html`<div class="lost" role="status">${say(s, "trying")}…</div>`}
    <${Note} /><${Sound} />
    ${d.ask && html`<${Ask} />`}
  </div>`;
}

const LOGIN_PAUSE = 3_000; // the time between two attempts to log in, in ms

// login exchanges the token in the fragment of the address, which browsers do not send, for a session. The token stays in
// the address, and login tries again, until the server has accepted or refused it: the server may be starting.
async function login() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  const answer = await fetch("login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }) }).catch(() => null);
  if (!answer || answer.status >= 500) {
    setTimeout(login, LOGIN_PAUSE);
    return;
  }
  history.replaceState(null, "", location.pathname);
}

// The size of the text that a visitor has chosen is reset for the next visitor.
effect(() => { if (idle.value && scale.peek() !== 1) scale.value = 1; });

document.addEventListener("contextmenu", (e) => e.preventDefault());
document.addEventListener("keydown", () => touched());
await login();
render(html`<${App} />`, document.getElementById("app"));
start();
startUpkeep();
