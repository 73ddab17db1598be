// What lets the page stay for years: it loads itself again, moves by a few pixels, and keeps the display on.
import { effect } from "../web/html.js";
import { now, idle, busy, lost, active, outdated } from "./store.js";
import { go, reload } from "./reload.js";

const DAY = 86_400_000;
const NIGHT = 4;          // the hour in which a page that is older than a day becomes due for a reload
const UNUSED = 60_000;    // a page that shows blocks is unused after this time without a touch or a word
const CORNER = 80;        // size of the corners whose long press opens the diagnostics, in pixels
const PRESS = 5_000;      // duration of this press

// reloadWhenUnused loads the page again while nobody uses it, if the program has another version, and once a day in
// the night.
function reloadWhenUnused() {
  let due = false;
  effect(() => {
    if (outdated.value || performance.now() > DAY && new Date(now.value).getHours() === NIGHT) due = true;
    const unused = idle.value || !busy.value && now.value - active.value > UNUSED;
    if (due && unused && !lost.value) reload();
  });
}

// shiftPixels moves the whole page by a few pixels each minute, because a picture that never moves can burn into a
// display.
function shiftPixels() {
  const steps = [[0, 0], [3, 1.5], [6, 0], [3, -1.5], [0, -3], [-3, -1.5], [-6, 0], [-3, 1.5]];
  effect(() => {
    const [x, y] = steps[Math.floor(now.value / 60_000) % steps.length];
    document.getElementById("app").style.translate = `${x}px ${y}px`;
  });
}

// keepAwake prevents that the display is switched off. The browser drops the lock whenever the page is hidden.
function keepAwake() {
  const ask = () => { if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {}); };
  document.addEventListener("visibilitychange", ask);
  ask();
}

// openDiagnostics opens the page of diagnostics after a press of 5 s in an upper corner.
function openDiagnostics() {
  let timer = 0;
  const inCorner = (e) => e.clientY < CORNER && (e.clientX < CORNER || e.clientX > innerWidth - CORNER);
  const end = () => { clearTimeout(timer); timer = 0; };
  addEventListener("pointerdown", (e) => {
    end();
    if (inCorner(e)) timer = setTimeout(() => go(new URL("diagnostics", import.meta.url)), PRESS);
  });
  addEventListener("pointermove", (e) => { if (timer && !inCorner(e)) end(); });
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

export function startUpkeep() {
  reloadWhenUnused();
  shiftPixels();
  keepAwake();
  openDiagnostics();
}
