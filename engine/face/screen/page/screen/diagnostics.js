// The page of diagnostics: what the browser of the kiosk can do, how large its display is, and a report to copy.
import { html, render, useEffect, useRef, signal, computed } from "../web/html.js";
import { keepOpen } from "../web/stream.js";
import { go } from "./reload.js";
import * as probes from "./probes.js";
import { translate } from "./diagnostics-texts.js";

const LINE = 188.976;     // the length of the ruler in pixels: 50 mm at 96 dpi
const TARGET = 15;        // the least height of a button in mm
const UNUSED = 300_000;   // without a touch for this long, the page of the kiosk comes back

const doc = signal(null);         // of the server, or { error }
const facts = signal({});         // what the probes have found
const input = signal(null);       // the microphone that was tried, or { error }
const level = signal(null);       // its loudness in dBFS
const measured = signal(50);      // the length of the ruler in mm
const now = signal(performance.now());
const copied = signal(false);
const scaleNow = computed(() => doc.value?.settings?.scale ?? 1);
const say = computed(() => translate(doc.value?.settings?.lang));
const address = new URL("../screen", import.meta.url);
let stream = null, touched = performance.now();

async function load() {
  try {
    const answer = await fetch(new URL("doc", import.meta.url));
    doc.value = answer.ok ? await answer.json() : { error: answer.status === 401 ? "login" : "unreachable" };
  } catch {
    doc.value = { error: "unreachable" };
  }
}

async function measure() {
  facts.value = { ...facts.value, frames: null };
  const [permission, output, wakeLock] = await Promise.all([probes.permission(), probes.output(), probes.wakeLock()]);
  facts.value = { permission, output, wakeLock, graphics: probes.graphics() };
  facts.value = { ...facts.value, frames: await probes.frames() };
}

async function listen() {
  try {
    input.value = await probes.listen((db) => { level.value = db; });
  } catch (e) {
    input.value = { error: e.name };
  }
  facts.value = { ...facts.value, permission: await probes.permission() };
}

// connection returns the row about the stream of events.
function connection(t) {
  if (doc.value?.error) return [t("stream"), t(doc.value.error)];
  now.value; // the age grows
  const seconds = (ms) => Math.max(0, Math.round(ms / 1000));
  return [t("stream"), stream ? t("age", { state: t("stream_" + stream.state), age: seconds(stream.age), since: seconds(performance.now() - stream.since) }) : t("measuring")];
}

// rows returns the table: a name, a value and an advice for each row.
function rows(t) {
  const f = facts.value, wait = t("measuring"), out = f.output, mic = input.value;
  const one = (value, make) => value === undefined || value === null ? wait : make(value);
  const latency = (ms) => ms === undefined ? t("unknown") : t("latency", { ms });
  return [
    [t("program"), doc.value?.version ? "Moonlark " + doc.value.version : wait],
    connection(t),
    [t("browser"), navigator.userAgent],
    [t("secure"), t(probes.secure() ? "yes" : "no"), probes.secure() ? "" : t("insecure", { origin: location.origin })],
    [t("microphone"), one(f.permission, t), ["prompt", "denied"].includes(f.permission) ? t("allow") : ""],
    [t("level"), mic?.error ?? (mic ? `${t("device", mic)}${level.value === null ? "" : ", " + t("db", { db: level.value })}` : t("tried"))],
    [t("inputLatency"), mic && !mic.error ? latency(mic.latency) : t("tried")],
    [t("echo"), mic && !mic.error ? t(mic.aec ? "on" : "off") : t("tried")],
    [t("sound"), one(out?.state, t), out?.state === "suspended" ? t("autoplay") : ""],
    [t("rate"), one(out, (o) => o.rate ? t("hz", o) : t("unavailable"))],
    [t("outputLatency"), one(out, (o) => latency(o.latency))],
    [t("wakeLock"), one(f.wakeLock, t)],
    [t("graphics"), one(f.graphics, (g) => t(g.software ? "software" : "gpu", g))],
    [t("frame"), one(f.frames, (x) => t("frames", { median: x.median.toFixed(1), longest: x.longest.toFixed(1) }))],
    [t("size"), t("pixels", { width: innerWidth, height: innerHeight, ratio: devicePixelRatio })],
    [t("touch"), navigator.maxTouchPoints > 0 ? t("fingers", { n: navigator.maxTouchPoints }) : t("none")],
  ];
}

// sizes returns the rows that depend on what was measured with the ruler. probe is an element with the height of a
// button.
function sizes(t, probe) {
  const mm = measured.value / LINE, root = document.documentElement;
  const height = probe ? probe.getBoundingClientRect().height * mm : 0, small = height < TARGET;
  const needed = probe && small ? probes.scaleFor(TARGET / mm, root, probe) : 1;
  const values = { mm: height.toFixed(1), scale: scaleNow.value };
  return [
    [t("measured"), t("mm", { mm: measured.value })],
    [t("physical"), t("physicalValue", { width: Math.round(innerWidth * mm), height: Math.round(innerHeight * mm) })],
    [t("buttons"), t(small ? "buttonsSmall" : "buttonsOk", values), !small ? "" : needed ? t("advice", { scale: needed }) : t("tooSmall")],
  ];
}

function Table({ rows, label }) {
  return html`<table aria-label=${label}><tbody>${rows.map(([name, value, advice]) => html`<tr key=${name}><th scope="row">${name}</th><td>${value}${advice && html`<small>${advice}</small>`}</td></tr>`)}</tbody></table>`;
}

async function copy(text, box) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // not a secure context
    box.focus();
    box.select();
    document.execCommand("copy");
  }
  copied.value = true;
  setTimeout(() => { copied.value = false; }, 3000);
}

function App() {
  const t = say.value, probe = useRef(null), box = useRef(null);
  useEffect(() => {
    const root = document.documentElement;
    root.lang = doc.value?.settings?.lang ?? "en";
    root.dir = doc.value?.settings?.dir ?? "ltr";
    root.style.setProperty("--theme", scaleNow.value);
    document.title = t("title");
  });
  const table = rows(t), measures = sizes(t, probe.current);
  const report = [...table, ...measures].map(([name, value]) => `${name}: ${value}`).join("\n");
  const change = (by) => () => { measured.value = Math.max(5, Math.min(300, measured.value + by)); };
  return html`<main>
    <div class="row"><h1>${t("title")}</h1><button class="key" onClick=${() => go(address)}>${t("back")}</button>
      <button class="key" onClick=${measure}>${t("again")}</button><button class="key" disabled=${facts.value.permission === "unavailable"} onClick=${listen}>${t("listen")}</button></div>
    ${level.value !== null && html`<meter min="-60" max="0" value=${level.value} aria-label=${t("level")}></meter>`}
    <${Table} rows=${table} label=${t("title")} />
    <section aria-label=${t("ruler")}><h2>${t("ruler")}</h2><p>${t("rulerHelp")}</p><div class="ruler"></div>
      <div class="row"><button class="key" aria-label=${t("less")} onClick=${change(-1)}>−</button><b class="num">${t("mm", { mm: measured.value })}</b>
        <button class="key" aria-label=${t("more")} onClick=${change(1)}>+</button></div>
      <${Table} rows=${measures} label=${t("ruler")} /></section>
    <div class="probe" ref=${probe} aria-hidden="true"></div>
    <section><h2>${t("report")}</h2><button class="key" onClick=${() => copy(report, box.current)}>${t(copied.value ? "copied" : "copy")}</button>
      <textarea readonly ref=${box} aria-label=${t("report")} value=${report}></textarea></section>
  </main>`;
}

await load();
render(html`<${App} />`, document.getElementById("app"));
stream = keepOpen({
  address: () => new URL(`events?width=${innerWidth}&height=${innerHeight}`, import.meta.url),
  events: { document(e) { doc.value = JSON.parse(e.data); }, voice() {}, level() {}, beat() {} },
});
addEventListener("pointerdown", () => { touched = performance.now(); });
addEventListener("keydown", () => { touched = performance.now(); });
setInterval(() => {
  now.value = performance.now();
  if (performance.now() - touched > UNUSED) go(address);
}, 1000);
measure();
