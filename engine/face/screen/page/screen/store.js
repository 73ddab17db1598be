// The state of the page: the document, the conversation, and whether the server can be reached. Every message of
// the server is a whole state, so nothing here has to be kept.
import { signal, computed, batch } from "../web/html.js";

const QUIET = 15_000;   // a beat comes every 5 s: after this time without a message, the stream is dead
const LOST_AFTER = 2_500; // a lost connection is shown after this time without one
const HIDDEN = 30_000;  // a page that has been hidden for this long closes its stream

export const doc = signal(null);                      // the document, with changed: the time of the last change
export const voice = signal({ phase: "waiting" });
export const level = signal({ speaker: -96, mic: -96 });
export const lost = signal(false);                    // the server cannot be reached
export const now = signal(Date.now());                // one step a second
export const active = signal(-1e12);                  // when somebody last touched something or spoke
export const scale = signal(stored("scale", 1));      // the size of the text that a visitor has chosen
export const settings = computed(() => doc.value?.settings ?? { lang: "en", dir: "ltr", scheme: "dark", scale: 1, captions: "both", idle: 45, linger: 60, wake: true, reach: "full" });

// busy is true while somebody speaks or is being answered.
export const busy = computed(() => ["hearing", "thinking", "speaking"].includes(voice.value.phase));

// leaving is how many seconds are left until the blocks go from the page; Infinity if they stay.
export const leaving = computed(() => {
  const d = doc.value, s = settings.value;
  if (!d || d.ask || busy.value || s.linger === 0 || d.blocks.length === 0) return Infinity;
  return s.linger - (now.value - Math.max(active.value, d.changed)) / 1000;
});

// countdown is the number of seconds that the page shows of leaving: the last ten; null before.
export const countdown = computed(() => leaving.value > 10 ? null : Math.max(0, Math.ceil(leaving.value)));

// idle is true while the idle page is shown.
export const idle = computed(() => {
  const d = doc.value;
  if (!d || d.ask || busy.value) return false;
  if (d.blocks.length > 0) return leaving.value <= 0;
  return now.value - active.value > settings.value.idle * 1000;
});

function stored(name, fallback) {
  try { return Number(sessionStorage.getItem(name)) || fallback; } catch { return fallback; }
}

export function enlarge() {
  scale.value = scale.value >= 1.5 ? 1 : scale.value + 0.25;
  try { sessionStorage.setItem("scale", scale.value); } catch { /* not allowed: the size is lost at a reload */ }
}

// touched notes that somebody has touched the page. It returns false for a press that follows another one so
// fast that it must be a bounce of the touch screen.
let lastPress = 0;
export function touched(press = false) {
  active.value = now.value = Date.now();
  if (!press) return true;
  const bounce = performance.now() - lastPress < 400;
  lastPress = performance.now();
  return !bounce;
}

// send posts a touch, and shows a note if the server refuses it.
export const refused = signal("");
export async function send(action, id = "") {
  await post("touch", { id, action });
}
export async function post(path, body = {}) {
  try {
    const answer = await fetch("screen/" + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (answer.status === 409 && path === "touch") {
      refused.value = "unavailable";
      setTimeout(() => { refused.value = ""; }, 3000);
    }
  } catch { /* the stream notices that the server cannot be reached */ }
}

let source = null, heard = performance.now(), cutAt = 0, tries = 0, retry = 0, version = "";
const began = Date.now();

function note() {
  heard = performance.now();
  tries = 0;
  cutAt = 0;
  lost.value = false;
}

function takeDocument(data) {
  if (version && data.version !== version) outdated = true;
  version ||= data.version;
  const before = doc.value;
  data.changed = Date.now() - data.age * 1000;
  data.got = Date.now();
  batch(() => {
    now.value = Date.now();
    if (before && before.blocks.length > 0 && data.blocks.length === 0) active.value = -1e12; // the script has cleared the screen
    doc.value = data;
  });
}

function takeVoice(data) {
  batch(() => {
    now.value = Date.now();
    voice.value = data;
    if (["hearing", "thinking", "speaking", "connecting"].includes(data.phase)) active.value = Date.now();
  });
}

function open() {
  clearTimeout(retry); retry = 0;
  if (source) return;
  const query = new URLSearchParams({ width: innerWidth, height: innerHeight, touch: navigator.maxTouchPoints > 0 ? 1 : 0 });
  heard = performance.now();
  source = new EventSource("screen/events?" + query);
  source.addEventListener("document", (e) => { note(); takeDocument(JSON.parse(e.data)); });
  source.addEventListener("voice", (e) => { note(); takeVoice(JSON.parse(e.data)); });
  source.addEventListener("level", (e) => { note(); level.value = JSON.parse(e.data); });
  source.addEventListener("beat", note);
  source.addEventListener("error", again); // the browser does not always try again
}

function drop() { source?.close(); source = null; }

function again() {
  drop();
  cutAt ||= performance.now();
  if (retry || document.hidden) return;
  retry = setTimeout(open, Math.min(10_000, 500 * 2 ** tries++) * (0.75 + Math.random() / 2));
}

let outdated = false, hiddenTimer = 0;

// second does what is to be done each second. A page of another version, or of yesterday, loads itself again when
// nobody uses it.
function second() {
  if (source && performance.now() - heard > QUIET) again();
  if (cutAt && performance.now() - cutAt > LOST_AFTER) lost.value = true;
  if (busy.value) active.value = Date.now();
  now.value = Date.now();
  const night = Date.now() - began > 86_400_000 && new Date().getHours() === 4;
  if (!lost.value && (outdated || night) && (idle.value || !busy.value && Date.now() - active.value > 60_000)) location.reload();
}

// start opens the stream, and keeps it open.
export function start() {
  open();
  setInterval(second, 1000);
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(drop, HIDDEN);
    else if (!source) { tries = 0; open(); }
  });
}
