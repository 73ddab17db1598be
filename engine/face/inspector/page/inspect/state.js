// The state of the page, made from the stream of events. Everything that is shown is bounded: a page
// may be open for months.
import { signal, batch } from "../web/html.js";
import { openStream } from "../web/stream.js";
import { say, fixed } from "./texts.js";

const MAX_TURNS = 120, MAX_LINES_OF_TURN = 60, MAX_EVENTS = 1500, MAX_LOG = 500, MAX_ROWS = 500;

export const link = signal("connecting");     // "connecting", "live" or "lost"
export const roundTrip = signal(0);           // from the program to the agent's server and back, in seconds; 0 if it is not known
export const snap = signal(null);             // the newest snapshot
export const phase = signal({ name: "waiting", since: Date.now() });
export const listening = signal(false);
export const changed = signal(0);             // counts the changes of turns, events, logLines, rows, tools, minute and spans
export const outdated = signal(false);        // the program has been updated since the page was loaded
export const level = signal(null);            // { mic, speaker, voice } while there is sound
export const selected = signal(null);         // the line of the tool call that is shown in full
export const needsLogin = signal(false);

export const turns = [];                      // see newTurn
export const events = [];                     // { seq, e }, newest last
export const logLines = [];                   // { seq, time, level, text }
export const rows = new Map();                // the events of each tab as { id, e }, by the id of the tab
export const tools = new Map();               // what the page has counted since the snapshot, by name
export const minute = [];                     // { t, mic, speaker } of the last minute, with the levels in dBFS
export const spans = [];                      // { kind, a, b } of the last minute: agent, tool, bad, stop

let ahead = 0;                                // how far the program's clock is ahead of the browser's, in ms
let boot = "", seqOfSnapshot = 0, version = "", turnNumber = 0, rowNumber = 0, current = null, conversationStart = 0;
let heard = { from: 0, to: 0 };               // when the user began and stopped speaking; to is 0 meanwhile
let open = new Map();                         // the lines of the tool calls that run, by call id
let speaking = null;                          // the line of the reply that is being heard
let scheduled = false;

// touch makes the page show the changes in the next frame. A hidden page has no frames, so a timer shows
// them then.
function touch() {
  if (scheduled) return;
  scheduled = true;
  const go = () => { if (scheduled) { scheduled = false; changed.value++; } };
  if (!document.hidden) requestAnimationFrame(go);
  setTimeout(go, document.hidden ? 250 : 100);
}

// bound removes the oldest elements of a list. A recording does not grow, so more of it is kept.
const bound = (list, max) => { if (snap.value?.replay) max *= 20; if (list.length > max) list.splice(0, list.length - max); };

function reset() {
  for (const list of [turns, events, logLines, minute, spans]) list.length = 0;
  rows.clear(); tools.clear(); open = new Map();
  turnNumber = 0; current = null; speaking = null; conversationStart = 0; seqOfSnapshot = 0;
  selected.value = null;
}

function newTurn(t0) {
  current = { id: ++turnNumber, no: 0, t0, rev: 0, lines: [], first: 0, latency: null, typed: false };
  turns.push(current);
  bound(turns, MAX_TURNS);
  return current;
}

// add appends a line to the current turn.
function add(line) {
  const turn = current ?? newTurn(line.at);
  line.turn = turn;
  line.rev = 0;
  line.id = turn.id + "." + turn.lines.length;
  turn.lines.push(line);
  if (turn.lines.length > MAX_LINES_OF_TURN) turn.lines.splice(1, 1);
  turn.rev++;
  return line;
}

// moveTo moves a line to another turn.
function moveTo(turn, line) {
  const from = line.turn;
  from.lines.splice(from.lines.indexOf(line), 1);
  from.rev++;
  line.turn = turn;
  line.id = turn.id + "." + turn.lines.length;
  if (line.wait < turn.t0) line.wait = turn.t0;
  turn.lines.push(line);
  turn.rev++;
}

// change changes a line. A component is drawn again only if one of its properties differs, so rev is one
// of the properties of all that show a line or a turn.
const change = (line, fields) => { Object.assign(line, fields); line.rev++; line.turn.rev++; };

// edge returns the time at which the next waiting bar begins: the end of the last sentence or call of the turn.
function edge(turn) {
  let at = turn.t0;
  for (const l of turn.lines) {
    if (l.kind === "you") at = Math.max(at, l.at);
    if (l.kind === "call" && l.end) at = Math.max(at, l.end);
  }
  return at;
}

// mark adds a span of the last minute, from a to b; b is 0 while the span lasts.
function mark(kind, a, b) { const s = { kind, a, b }; spans.push(s); bound(spans, 200); return s; }

const apply = {
  connecting(e, at) { add({ kind: "note", at, text: say("note_connecting", { agent: e.target === "local" ? say("note_embedded") : e.url ?? say("note_agent") }) }); },
  connected(e, at) { conversationStart = at; current = null; add({ kind: "note", at, text: say("note_connected", { id: e.conversation_id }) }); },
  retrying(e, at) { add({ kind: "note", bad: say("note_lost"), at, text: e.text }); },
  disconnected(e, at) {
    add({ kind: "note", at, text: e.text ? say("note_because", { reason: e.text }) : say("note_disconnected") });
    for (const l of open.values()) change(l, { end: at, lost: true });
    open.clear(); current = null; speaking = null;
  },
  hearing(e, at) {
    at -= (e.seconds ?? 0) * 1000;
    if (e.on) { heard = { from: at, to: 0, span: mark("you", at, 0) }; return; }
    heard.to = at;
    if (heard.span) heard.span.b = at;
  },
  user(e, at) {
    const spoken = e.event_id && heard.from;
    const before = current;
    const turn = newTurn(spoken && heard.to && heard.to < at ? heard.to : at);
    turn.no = 1 + turns.reduce((n, t) => Math.max(n, t.no), 0);
    turn.typed = !e.event_id;
    add({ kind: "you", at, text: e.text, from: spoken ? heard.from : 0, typed: !e.event_id });
    // A speech-to-speech service may send its reply before the text of what the user said.
    if (spoken && before) for (const l of before.lines.filter((l) => l.at > turn.t0 && (l.kind === "call" || l.kind === "agent"))) moveTo(turn, l);
    heard = { from: 0, to: 0 };
  },
  latency(e) {
    const turn = turns.findLast((t) => t.no > 0);
    if (!turn || turn.latency) return;
    const you = turn.lines.find((l) => l.kind === "you");
    if (e.latency.understand) turn.t0 = you.at - e.latency.understand * 1000;
    turn.latency = e.latency;
    turn.first = turn.t0 + e.latency.total * 1000;
    for (const l of turn.lines) l.rev++;
    turn.rev++;
  },
  tool_call(e, at) {
    if (e.source) return; // a person tries the tool
    const turn = current ?? newTurn(at);
    const line = add({ kind: "call", at, wait: edge(turn), tool: e.tool, call: e.call_id, args: e.args ?? {}, script: e.script, span: mark("tool", at, 0) });
    open.set(e.call_id, line);
  },
  tool_result(e, at) {
    const line = open.get(e.call_id);
    if (!line) return;
    open.delete(e.call_id);
    line.span.b = at;
    if (e.is_error) line.span.kind = "bad";
    change(line, { end: at, result: e.result ?? "", isError: !!e.is_error, errorType: e.error_type, seconds: e.seconds ?? 0, cpu: e.cpu ?? 0, orphaned: e.orphaned });
    if (selected.value === line) selected.value = null, selected.value = line;
  },
  agent_part(e, at) {
    if (!e.text) return;
    const turn = current ?? newTurn(at);
    let line = turn.lines.findLast((l) => l.kind === "agent");
    if (!line || line.complete || line.event !== e.event_id) line = add({ kind: "agent", at, wait: edge(turn), event: e.event_id, text: "", partial: true });
    change(line, { text: (line.text + e.text).slice(0, 20_000) });
  },
  agent(e, at) {
    const turn = current ?? newTurn(at);
    let line = turn.lines.findLast((l) => l.kind === "agent" && l.event === e.event_id && !l.complete);
    if (!line) line = add({ kind: "agent", at, wait: edge(turn), event: e.event_id, text: "" });
    change(line, { text: e.text, partial: false, complete: true });
  },
  agent_corrected(e) {
    for (const turn of turns.slice(-5).reverse()) {
      const line = turn.lines.findLast((l) => l.kind === "agent" && (!e.event_id || l.event === e.event_id));
      if (!line) continue;
      const whole = line.text;
      if (whole.startsWith(e.text)) change(line, { text: e.text, unsaid: whole.slice(e.text.length), interrupted: true });
      else change(line, { text: e.text, unsaid: "", interrupted: true });
      return;
    }
  },
  interruption(e, at) { mark("stop", at, at); if (speaking) change(speaking, { interrupted: true }); },
  speaking(e, at) {
    const turn = current ?? newTurn(at);
    let line = turn.lines.findLast((l) => l.kind === "agent" && !l.voice && (l.event === e.event_id || !e.event_id))
      ?? turn.lines.findLast((l) => l.kind === "agent" && !l.voice);
    if (!line) line = add({ kind: "agent", at, wait: edge(turn), event: e.event_id, text: "" });
    change(line, { voice: at, span: mark("agent", at, 0) });
    speaking = line;
  },
  silent(e, at) {
    if (!speaking) return;
    speaking.span.b = at;
    change(speaking, { silent: at, interrupted: speaking.interrupted || !!e.interrupted });
    speaking = null;
  },
  loaded(e, at) { add({ kind: "note", at, text: say("note_loaded", loading(e)) }); },
  reloaded(e, at) { add({ kind: "note", at, text: say("note_reloaded", loading(e)) }); refresh(); },
  reload_failed(e, at) { add({ kind: "note", at, text: say("note_saved", { script: e.script }), bad: say("note_failed"), after: ": " + e.text + (e.hint ? " · " + e.hint : "") }); refresh(); },
  error(e, at) { add({ kind: "note", at, text: e.text + (e.hint ? " · " + e.hint : ""), bad: say("note_error") }); },
  dropped(e, at) { add({ kind: "note", at, text: say("note_dropped", { n: e.count }) }); },
  listening(e) { listening.value = !!e.listening; },
};

// isRow says whether an event is a row of a tab of the server.
export const isRow = (tab, e) => tab.types.includes(e.type) && (e.type !== "activity" || e.tab === tab.id);

// loading returns the values of the texts about a script that has been loaded.
const loading = (e) => ({ script: e.script, tools: say("tools_n", { n: e.tools?.length ?? 0 }), time: ms(e.seconds ?? 0) });

// toLog appends a line to the log, which has the same lines as GET /log, so they are English.
function toLog(e, seq, at) {
  const line = { seq, at, level: "info", text: (e.script ? e.script + ": " : "") + (e.text ?? "") };
  switch (e.type) {
    case "log": line.level = e.level; break;
    case "print": line.level = "print"; break;
    case "error": line.level = "error"; break;
    case "reload_failed": line.level = "error"; line.text = `${e.script} not reloaded: ${e.text}`; break;
    case "reloaded": case "loaded": line.text = `${e.script} ${e.type}, ${e.tools?.length ?? 0} tool${e.tools?.length === 1 ? "" : "s"}`; break;
    case "connected": line.text = "connected: " + e.conversation_id; break;
    case "disconnected": line.text = "disconnected: " + (e.text ?? ""); break;
    case "retrying": line.level = "warn"; break;
    case "tool_result": if (!e.is_error) return; line.level = "warn"; line.text = `${e.tool}: ${e.result}`; break;
    case "speaker": case "microphone": case "wake_word": line.level = e.text ? "warn" : "info"; line.text = `${e.type}: ${e.text ?? e.device ?? ""}`; break;
    default: return;
  }
  if (e.hint && e.type !== "tool_result") line.text += "\nhint: " + e.hint;
  logLines.push(line);
  bound(logLines, MAX_LOG);
}

function onEvent(e, seq) {
  const at = Date.parse(e.time);
  const old = seq <= seqOfSnapshot; // the snapshot has its effects already
  batch(() => {
    if (e.type !== "activity") { // the tables show activities: there are too many for the list of all events
      events.push({ seq, e });
      bound(events, MAX_EVENTS);
    }
    apply[e.type]?.(e, at);
    toLog(e, seq, at);
    for (const tab of snap.value?.tabs ?? []) {
      if (!isRow(tab, e)) continue;
      if (!rows.has(tab.id)) rows.set(tab.id, []);
      rows.get(tab.id).push({ id: ++rowNumber, e });
      bound(rows.get(tab.id), MAX_ROWS);
    }
    if (!old && e.type === "phase") phase.value = { name: e.phase, since: at };
    if (!old && e.type === "status") snap.value = { ...snap.value, status: e.status, reason: e.reason, since: e.time };
    if (!old && e.type === "connected") snap.value = { ...snap.value, conversation_id: e.conversation_id };
    if (!old && e.type === "tool_result") countCall(e);
    if (!old && (e.type === "speaker" || e.type === "microphone")) snap.value = { ...snap.value, [e.type]: { ok: !e.text, name: e.device, error: e.text } };
  });
  touch();
}

function countCall(e) {
  if (e.source) return;
  const t = tools.get(e.tool) ?? { calls: 0, errors: 0, last: 0 };
  tools.set(e.tool, { calls: t.calls + 1, errors: t.errors + (e.is_error ? 1 : 0), last: e.seconds ?? 0 });
}

function onSnapshot(s) {
  batch(() => {
    if (boot && s.boot !== boot) reset();
    boot = s.boot;
    ahead = Date.parse(s.now) - Date.now();
    seqOfSnapshot = s.seq;
    roundTrip.value = s.round_trip ?? 0;
    tools.clear();
    if (version && s.version !== version) outdated.value = true;
    version ||= s.version;
    snap.value = s;
    listening.value = s.listening;
    phase.value = { name: s.phase, since: Date.parse(s.since ?? s.now) };
  });
  touch();
}

let refreshing = 0;
// refresh asks for a new snapshot, for example because the scripts have changed.
export function refresh() {
  clearTimeout(refreshing);
  refreshing = setTimeout(async () => {
    try {
      const answer = await fetch(new URL("../snapshot", import.meta.url));
      if (answer.ok) { const s = await answer.json(); if (s.boot === boot) onSnapshot(s); }
    } catch { /* the stream shows whether there is a connection */ }
  }, 150);
}

// start opens the stream of events, and keeps it open.
export function start() {
  const stream = openStream({
    query: "since=0&levels=1&attend=1",
    onSnapshot, onEvent,
    onBeat(b) { roundTrip.value = b.round_trip; },
    onLevel(l) {
      level.value = l;
      minute.push({ t: Date.parse(l.at), mic: l.mic, speaker: l.speaker });
      bound(minute, 660);
    },
    async onState(state) {
      link.value = state;
      if (state === "live") needsLogin.value = false;
      if (state !== "lost") return;
      try {
        const { status } = await fetch(new URL("../snapshot", import.meta.url));
        if (link.value !== "live") needsLogin.value = [401, 403].includes(status);
      } catch { /* the connection is lost */ }
    },
  });
  return stream;
}

// programTime returns the time of the program's clock in ms, from which the times of events are.
export const programTime = () => Date.now() + ahead;

// startOfConversation returns when the newest conversation began, in ms since 1970; 0 if there was none.
export const startOfConversation = () => conversationStart;
// isBusy returns whether a tool runs or the agent speaks.
export const isBusy = () => open.size > 0 || speaking !== null;
// ms returns a duration in seconds as people read it.
export function ms(seconds) {
  if (seconds < 0.001) return "< 1 ms";
  if (seconds < 1) return Math.round(seconds * 1000) + " ms";
  return fixed(seconds, seconds < 10 ? 2 : 1) + " s";
}
