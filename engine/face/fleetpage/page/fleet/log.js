// The events of devices: the log, the conversation, and the events as they are.
import { html, useLayoutEffect, useRef } from "../web/html.js";
import * as s from "./state.js";
import { safe, line, clock } from "./text.js";
import { say } from "./texts.js";

// fieldsOf returns the fields of an event. A device can send anything.
const fieldsOf = (entry) => (entry.event && typeof entry.event === "object" ? entry.event : {});

const because = (text, reason) => (reason ? text + ": " + line(reason) : text);

// texts are the events of the log, as a person reads them.
const texts = {
  log: (e) => line(e.text),
  print: (e) => line(e.text),
  loaded: (e) => say("e_loaded", { script: line(e.script, 100) }),
  reloaded: (e) => say("e_reloaded", { script: line(e.script, 100) }),
  reload_failed: (e) => say("e_notReloaded", { script: line(e.script, 100), why: line(e.text) }),
  connecting: () => say("e_connecting"),
  connected: (e) => say("e_connected", { id: line(e.conversation_id, 80) }),
  retrying: (e) => because(say("e_retrying"), e.text),
  disconnected: (e) => because(say("e_disconnected"), e.text),
  error: (e) => line(e.text),
  dropped: (e) => say("e_dropped", { n: Number(e.count) || 0 }),
  bundle: (e) => because(say("e_bundle", { version: line(e.version, 20), phase: line(e.phase, 20) }), e.text),
  user: (e) => line(e.text),
  agent: (e) => line(e.text),
  agent_corrected: (e) => say("e_corrected", { text: line(e.text) }),
  interruption: () => say("e_interruption"),
  tool_call: (e) => line(e.tool, 100) + "(" + line(e.args ?? {}, 1000) + ")",
  tool_result: (e) => line(e.tool, 100) + " → " + line(e.result),
};

// What belongs to the conversation; the rest is in the log.
const TALK = new Set(["user", "agent", "agent_corrected", "interruption", "tool_call", "tool_result", "connected", "disconnected"]);
const MARKS = { bad: "failure", warn: "warning" }; // a colour alone says nothing
const COLOURS = { user: "you", agent: "agent", agent_corrected: "agent", tool_call: "tool", tool_result: "tool" };

// textOf returns an event for people. An event that the page does not know is written as JSON.
const textOf = (e) => (Object.hasOwn(texts, e.type) ? texts[e.type](e) : line(e));

// colourOf returns the class of an event.
function colourOf(e) {
  if (e.type === "error" || e.type === "reload_failed" || e.is_error || e.level === "error" || e.phase === "back" || e.phase === "refused") return "bad";
  if (e.level === "warn" || e.type === "retrying") return "warn";
  return Object.hasOwn(COLOURS, e.type) ? COLOURS[e.type] : "";
}

// who returns the word before an event of the conversation.
const who = (e) => (e.type === "user" ? say("user") : e.type === "agent" || e.type === "agent_corrected" ? say("agent") : e.type === "tool_call" ? say("call") : e.type === "tool_result" ? say("result") : "");

function Entry({ entry, withDevice, raw, talk }) {
  const e = fieldsOf(entry), colour = colourOf(e);
  return html`<li class="entry">
    <span class="when num">${clock(entry.time)}</span>
    ${withDevice && html`<button class="link mono" onClick=${() => s.select(entry.device, "log")}>${safe(entry.device, 63)}</button>`}
    <span class=${"what " + colour}>${raw ? html`<code>${line(entry.event, 4000)}</code>` : html`${talk && who(e) && html`<b>${who(e)}</b> `}${MARKS[colour] && html`<b>${say(MARKS[colour])}</b> `}${textOf(e)}`}</span>
  </li>`;
}

// Sheet shows entries, the newest at the end. It follows them as long as its end is shown.
function Sheet({ entries, label, empty, ...how }) {
  const sheet = useRef(null), follows = useRef(true);
  useLayoutEffect(() => { if (follows.current && sheet.current) sheet.current.scrollTop = sheet.current.scrollHeight; }, [entries]);
  const onScroll = (e) => { const t = e.currentTarget; follows.current = t.scrollHeight - t.scrollTop - t.clientHeight < 40; };
  const trouble = s.logTrouble.value;
  return html`<div class="sheet" ref=${sheet} onScroll=${onScroll} tabindex="0" role="region" aria-label=${label}>
    ${trouble && html`<p class="bad" role="alert">${safe(trouble, 300)}</p>`}
    ${s.missing.value > 0 && html`<p class="empty">${say("missing", { n: s.missing.value })}</p>`}
    ${entries.length > 0 ? html`<ul>${entries.map((entry) => html`<${Entry} key=${entry.id} entry=${entry} ...${how} />`)}</ul>` : trouble === "" && html`<p class="empty">${empty}</p>`}
  </div>`;
}

const isTalk = (entry) => TALK.has(fieldsOf(entry).type);

// Log shows the log of the selected device, or of all devices.
export const Log = ({ all }) => html`<${Sheet} entries=${all ? s.entries.value : s.entries.value.filter((e) => !isTalk(e) || e.kind === "log")} withDevice=${all} talk=${all} label=${say(all ? "logOfAll" : "tab_log")} empty=${say("noLog")} />`;

// Talk shows the conversations of the selected device with the tool calls.
export const Talk = () => html`<${Sheet} entries=${s.entries.value.filter(isTalk)} talk label=${say("tab_talk")} empty=${say("noTalk")} />`;

// Events shows the events of the selected device as they are.
export const Events = () => html`<${Sheet} entries=${s.entries.value} raw label=${say("tab_events")} empty=${say("noLog")} />`;
