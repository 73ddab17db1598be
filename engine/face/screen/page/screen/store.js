// The state of the page: the document, the conversation, and whether the server can be reached. Every message of
// the server is a whole state, so nothing here has to be kept.
import { signal, computed, batch } from "../web/html.js";
import { keepOpen } from "../web/stream.js";

const LOST_AFTER = 2_500; // a lost connection is shown after this time without one

export const pageID = Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join(""); // identifies the page to the server

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

const minuteOf = (time) => time.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);

// dimmed is true while only a dark clock is shown: it is night, and nobody is there.
export const dimmed = computed(() => {
  const d = doc.value, s = settings.value;
  if (!d || !s.night || d.ask || busy.value || now.value - active.value <= s.idle * 1000) return false;
  const [from, to] = s.night.split("-").map(minuteOf);
  const time = new Date(now.value), minute = 60 * time.getHours() + time.getMinutes();
  return from < to ? from <= minute && minute < to : from <= minute || minute < to;
});

const drifts = [[0, 0], [1, .4], [.3, .8], [-.7, .3], [-.4, -.4], [.6, -.6]];

// drift is by how much the words of the idle page and of the night are moved, in units of the page. It changes every 10
// minutes, so that nothing is burnt into the display.
export const drift = computed(() => {
  const [x, y] = drifts[Math.floor(now.value / 600_000) % drifts.length];
  return `calc(${x} * var(--b)) calc(${y} * var(--b))`;
});

function stored(name, fallback) {
  try { return Number(sessionStorage.getItem(name)) || fallback; } catch { return fallback; }
}

export function enlarge() {
  scale.value = scale.value >= 1.5 ? 1 : scale.value + 0.25;
  try { sessionStorage.setItem("scale", scale.value); } catch { /* not allowed: the size is lost at a reload */ }
}

let lastPress = -Infinity; // when a button was pressed last, as performance.now returns it

// touched notes that somebody has touched the page. press says that the touch presses a button. It returns false for a
// press that follows another one so fast that it must be a bounce of the touch screen.
export function touched(press = false) {
  active.value = now.value = Date.now();
  if (!press) return true;
  const bounce = performance.now() - lastPress < 400;
  lastPress = performance.now();
  return !bounce;
}

export const refused = signal(""); // the name of the text about a touch that the server has refused; "" for none

// send posts a touch. id is the key of the button.
export async function send(action, id = "") {
  await post("touch", { id, action });
}

// post sends a JSON body to a path below /screen. If the server refuses a touch, the page shows that for 3 s.
export async function post(path, body = {}) {
  try {
    const answer = await fetch(new URL(path, import.meta.url), { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (answer.status === 409 && path === "touch") {
      refused.value = "unavailable";
      setTimeout(() => { refused.value = ""; }, 3000);
    }
  } catch { /* the stream notices that the server cannot be reached */ }
}

export const outdated = signal(false); // the program has been replaced by another version
let version = "";                      // of the program that the page was loaded from
let lostSince = 0;                     // when the connection was lost; 0 while there is one

function takeDocument(data) {
  if (version && data.version !== version) outdated.value = true;
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

// second does what is to be done each second.
function second() {
  if (lostSince && performance.now() - lostSince > LOST_AFTER) lost.value = true;
  if (busy.value) active.value = Date.now();
  now.value = Date.now();
}

// start opens the stream, and keeps it open.
export function start() {
  keepOpen({
    address() {
      const url = new URL("events", import.meta.url);
      url.search = new URLSearchParams({ width: innerWidth, height: innerHeight, touch: navigator.maxTouchPoints > 0 ? 1 : 0, page: pageID });
      return url;
    },
    events: {
      document(e) { takeDocument(JSON.parse(e.data)); },
      voice(e) { takeVoice(JSON.parse(e.data)); },
      level(e) { level.value = JSON.parse(e.data); },
      beat() {},
    },
    onState(state) {
      if (state === "lost") {
        lostSince ||= performance.now();
      } else if (state === "live") {
        lostSince = 0;
        lost.value = false;
      }
    },
  });
  setInterval(second, 1000);
}
