// The page of the kiosk's screen.
import { html, render, useEffect, useRef, effect } from "../web/html.js";
import { doc, settings, idle, lost, countdown, scale, enlarge, now, voice, touched, send, post, start } from "./store.js";
import { Stars } from "./moon.js";
import { Blocks, Key, split } from "./blocks.js";
import { Voice } from "./voice.js";
import { Idle } from "./idle.js";
import { Ask, Note } from "./ask.js";
import { Sound } from "./sound.js";
import { say, clock, day } from "./texts.js";

function Clock() {
  const s = settings.value, minute = Math.floor(now.value / 60_000) * 60_000;
  return html`<span class="num">${`${day(s, minute)} · ${clock(s, minute)}`}</span>`;
}

function Keys({ keys }) {
  const s = settings.value;
  return html`<nav class="keys" aria-label=${say(s, "keys")}>
    ${keys.map((b) => html`<${Key} key=${b.key} button=${b} />`)}
    <span class="gap"></span>
    <button class="key" aria-label=${say(s, "larger")} onClick=${() => { if (touched(true)) enlarge(); }}>A+</button>
    <button class="key" disabled=${lost.value || voice.value.phase !== "speaking"} onClick=${() => { if (touched(true)) post("stop"); }}>${say(s, "stop")}</button>
  </nav>`;
}

// Content can be scrolled if it does not fit, also with the keyboard.
function Content({ left, right }) {
  const box = useRef(null);
  useEffect(() => {
    const over = box.current.scrollHeight > box.current.clientHeight + 2;
    if (over) box.current.tabIndex = 0; else box.current.removeAttribute("tabindex");
    box.current.classList.toggle("scrolls", over);
  });
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
    if (s.accent) root.style.setProperty("--moon", s.accent); else root.style.removeProperty("--moon");
    document.title = s.title || "Moonlark";
  });
  const here = () => { touched(); if (doc.value?.ask) send("here"); };
  if (!d) {
    return html`<div class="page"><div class="sky"></div><${Stars} /><header class="bar"><h1>Moonlark</h1></header><main class="stage"></main><${Voice} /></div>`;
  }
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

// login exchanges the token in the fragment of the address, which browsers do not send, for a session.
async function login() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  await fetch("login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }) }).catch(() => {});
  history.replaceState(null, "", location.pathname);
}

// An uncaught error loads the page again, once a minute at most. Nothing is lost: the state is in the server.
function reloadOnError() {
  addEventListener("error", (e) => { if (e.error) again(); });
  addEventListener("unhandledrejection", again);
  function again() {
    try {
      if (Date.now() - Number(sessionStorage.getItem("failed")) < 60_000) return;
      sessionStorage.setItem("failed", Date.now());
    } catch { return; }
    setTimeout(() => location.reload(), 1000);
  }
}

// A picture that never moves can burn into a display, so the whole page moves by a few pixels each minute.
function shiftPixels() {
  const steps = [[0, 0], [6, 3], [12, 0], [6, -3], [0, -6], [-6, -3], [-12, 0], [-6, 3]];
  effect(() => {
    const [x, y] = steps[Math.floor(now.value / 60_000) % steps.length];
    document.getElementById("app").style.translate = `${x / 2}px ${y / 2}px`;
  });
}

// keepAwake prevents that the display is switched off.
function keepAwake() {
  const ask = () => { if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {}); };
  document.addEventListener("visibilitychange", ask);
  ask();
}

// The size of the text that a visitor has chosen is reset for the next visitor.
effect(() => { if (idle.value && scale.peek() !== 1) scale.value = 1; });

document.addEventListener("contextmenu", (e) => e.preventDefault());
document.addEventListener("keydown", () => touched());
reloadOnError();
await login();
render(html`<${App} />`, document.getElementById("app"));
start();
shiftPixels();
keepAwake();
