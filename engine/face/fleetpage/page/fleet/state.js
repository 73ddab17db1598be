// The state of the page, made from the stream of the server. Everything that is shown is bounded: a page may be
// open for months.
import { signal, batch } from "../web/html.js";
import { keepOpen } from "../web/stream.js";

const MAX_ENTRIES = 500;

export const link = signal("connecting");   // "connecting", "live" or "lost"
export const needsLogin = signal(false);
export const outdated = signal(false);      // the program has been updated since the page was loaded
export const summary = signal(null);        // of the fleet; null until the server has one
export const names = signal([]);            // of all devices, sorted
export const rows = new Map();              // the row of each device in a signal, by its name
export const listed = signal(0);            // counts the changes of rows
export const minute = signal(0);            // counts the minutes, for the texts that have a time
export const device = signal(null);         // all that is known of the selected device; {} if nothing is, null until it is known
export const entries = signal([]);          // the events of the selected device, or of all, the newest last
export const missing = signal(0);           // how many events are not in entries
export const logTrouble = signal(null);     // why there are no events; "" if there can be some, null until the hub has answered
export const selected = signal("");         // the name of the device that is shown; empty for none
export const tab = signal("state");         // of the selected device

let ahead = 0;                              // how far the clock of the hub is ahead of the browser's, in ms
let lastId = "", version = "", stream = null, known = new Set();

// hubTime returns the time of the hub's clock in ms, from which the times of states are.
export const hubTime = () => Date.now() + ahead;

function onFleet(e) {
  lastId = e.lastEventId;
  const { reset, now, summary: s, devices } = JSON.parse(e.data);
  batch(() => {
    ahead = Date.parse(now) - Date.now();
    if (version && s.version !== version) outdated.value = true;
    version ||= s.version;
    summary.value = s;
    if (reset) {
      const left = new Set(devices.map((d) => d.name));
      for (const name of rows.keys()) if (!left.has(name)) rows.delete(name);
    }
    for (const d of devices) {
      if (rows.has(d.name)) rows.get(d.name).value = d;
      else rows.set(d.name, signal(d));
    }
    if (rows.size !== names.value.length || reset) names.value = [...rows.keys()].sort();
    if (reset || devices.length > 0) listed.value++;
  });
}

function onLog(e) {
  const l = JSON.parse(e.data);
  batch(() => {
    logTrouble.value = l.trouble;
    if (l.reset) { known = new Set(); missing.value = 0; }
    const next = l.reset ? [] : entries.value.slice();
    for (const one of l.entries) {
      if (known.has(one.id)) continue;
      known.add(one.id);
      next.push(one);
    }
    const over = Math.max(0, next.length - MAX_ENTRIES);
    for (const one of next.splice(0, over)) known.delete(one.id);
    missing.value += l.missing + over;
    entries.value = next;
  });
}

// open opens the stream for the selected device. The server sends only what the page does not know yet.
function open() {
  stream?.close();
  batch(() => { device.value = null; entries.value = []; missing.value = 0; logTrouble.value = null; });
  known = new Set();
  stream = keepOpen({
    address() {
      const url = new URL("events", import.meta.url);
      if (selected.value) url.searchParams.set("device", selected.value);
      if (lastId) url.searchParams.set("since", lastId);
      return url;
    },
    events: { fleet: onFleet, log: onLog, beat() {}, device(e) { device.value = JSON.parse(e.data); } },
    async onState(state) {
      if (state === "connecting" && link.value === "live") return; // for another device
      link.value = state;
      if (state === "live") needsLogin.value = false;
      if (state !== "lost") return;
      try { // a stream does not say why it was refused
        const stop = new AbortController();
        const { status } = await fetch(new URL("events", import.meta.url), { signal: stop.signal });
        stop.abort();
        if (link.value !== "live") needsLogin.value = [401, 403].includes(status);
      } catch { /* the connection is lost */ }
    },
  });
}

// select shows a device, or none if the name is empty. It keeps the selection in the address.
export function select(name, as = tab.value) {
  const other = name !== selected.value;
  batch(() => { selected.value = name; tab.value = as; });
  const hash = new URLSearchParams(name ? { device: name, tab: as } : {});
  history.replaceState(null, "", location.pathname + location.search + (name ? "#" + hash : ""));
  if (other) open();
}

// fromAddress selects what the address names.
function fromAddress() {
  const hash = new URLSearchParams(location.hash.slice(1)), name = hash.get("device") ?? "";
  return { name: /^[a-z0-9][a-z0-9-]{0,62}$/.test(name) ? name : "", as: hash.get("tab") };
}

// start begins with what the address names. tabs are the tabs that there are.
export function start(tabs) {
  const { name, as } = fromAddress();
  selected.value = name;
  if (tabs.includes(as)) tab.value = as;
  addEventListener("hashchange", () => { const { name, as } = fromAddress(); select(name, tabs.includes(as) ? as : tab.value); });
  setInterval(() => { if (!document.hidden) minute.value++; }, 20_000);
  open();
}
